# What users say about the app. A choice that is added to the app must be added to its check here.

table "feedback_conversations" {
  schema = schema.app_data

  columns = {
    id               = { type = "serial" }
    category         = { type = "varchar(50)", not_null = true }
    summary          = { type = "text", not_null = true }
    severity         = { type = "varchar(10)", not_null = true }
    raw_conversation = { type = "json", not_null = true }
    created_at       = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  checks = {
    check_feedback_category = "category IN ('Bug Report', 'Feature Request', 'UX Issue', 'Performance', 'Content Quality', 'Other')"
    check_feedback_severity = "severity IN ('Low', 'Medium', 'High')"
  }
}

table "survey_responses" {
  schema = schema.app_data

  columns = {
    id                 = { type = "serial" }
    star_rating        = { type = "integer", not_null = true }
    time_saved_minutes = { type = "integer" }
    nps_score          = { type = "integer" }
    created_at         = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  checks = {
    check_nps_score_range   = "(nps_score >= 0 AND nps_score <= 10) OR nps_score IS NULL"
    check_star_rating_range = "star_rating >= 1 AND star_rating <= 5"
    check_time_saved_values = "time_saved_minutes IN (15, 30, 60, 120, 240, 480) OR time_saved_minutes IS NULL"
  }
}
