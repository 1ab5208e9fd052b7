environment "prod" {
  description = "AI Slide Generator: production"
  # profile   = "prod" # a profile of ~/.databrickscfg; without it the SDK's own chain finds host and login

  include = [
    "../examples/tellr/*.hcl",
    "../examples/tellr/tables/*.hcl",
  ]

  variables = {
    schema          = "app_data_prod"
    app_name        = "db-tellr-prod"
    app_description = "AI Slide Generator"
    app_environment = "production"
    compute_size    = "LARGE"
    workspace_path  = "/Workspace/Users/me@example.com/.apps/prod/tellr"
  }
}

instance "main" {
  name = "db-tellr"

  autoscaling {
    pg_version    = 17
    min_cu        = 1
    max_cu        = 8
    suspend_after = "never" # no user waits for a wake-up
    retention     = "14d"   # how far back a restore can go
  }
}
