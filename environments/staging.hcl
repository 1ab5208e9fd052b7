environment "staging" {
  description = "AI Slide Generator: staging"
  # profile   = "staging" # a profile of ~/.databrickscfg; without it the SDK's own chain finds host and login

  include = [
    "../examples/tellr/*.hcl",
    "../examples/tellr/tables/*.hcl",
  ]

  variables = {
    schema          = "app_data_staging"
    app_name        = "db-tellr-staging"
    app_description = "AI Slide Generator: staging"
    app_environment = "staging"
    compute_size    = "MEDIUM"
    workspace_path  = "/Workspace/Users/me@example.com/.apps/staging/tellr"
  }
}

# A project of its own, so that nothing tried here can reach production's data. The size is what CU_1 was.
instance "main" {
  name = "db-tellr-staging"

  autoscaling {
    pg_version    = 17
    min_cu        = 0.5
    max_cu        = 2
    suspend_after = "5m" # costs nothing while nobody looks; the first query after it waits for the wake-up
    retention     = "2d"
  }
}
