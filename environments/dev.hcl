# Try it without a workspace: tellr sandbox -- tellr apply environments/dev.hcl

environment "dev" {
  description = "AI Slide Generator: development"
  # profile   = "dev" # a profile of ~/.databrickscfg; without it the SDK's own chain finds host and login (DATABRICKS_HOST, …)

  include = [
    "../examples/tellr/*.hcl",
    "../examples/tellr/tables/*.hcl",
  ]

  variables = {
    schema          = "app_data"
    app_name        = "ai-slide-generator-dev"
    app_description = "AI Slide Generator: development"
    app_environment = "development"
    compute_size    = "MEDIUM"
    log_level       = "DEBUG"
    workspace_path  = "/Workspace/Users/me@example.com/.apps/dev/tellr"
  }
}

# The older kind of instance, here because it exists. A new one is better autoscaling, as in staging.hcl.
instance "main" {
  name = "ai-slide-generator-dev-db"

  provisioned {
    capacity = "CU_1"
  }
}
