# Any Postgres, no workspace, no login: DATABASE_URL=postgresql://localhost/ai_slide_generator tellr apply environments/local.hcl

environment "local" {
  description = "AI Slide Generator: a developer's own Postgres"

  # Not app.hcl: a plain Postgres has no app, and nobody to grant to.
  include = [
    "../examples/tellr/schema.hcl",
    "../examples/tellr/triggers.hcl",
    "../examples/tellr/tables/*.hcl",
  ]
}

instance "main" {
  postgres {
    url = env("DATABASE_URL")
  }
}
