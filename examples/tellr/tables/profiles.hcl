# Saved agent configurations ("profiles"), who may use them, and what each user starts with.

table "config_profiles" {
  schema = schema.app_data

  columns = {
    id                = { type = "serial" }
    name              = { type = "varchar(100)", not_null = true }
    description       = { type = "text" }
    is_default        = { type = "boolean", not_null = true }
    global_permission = { type = "varchar(20)" }
    is_deleted        = { type = "boolean", not_null = true }
    deleted_at        = { type = "timestamp" }
    created_at        = { type = "timestamp", not_null = true }
    created_by        = { type = "varchar(255)" }
    updated_at        = { type = "timestamp", not_null = true }
    updated_by        = { type = "varchar(255)" }
    agent_config      = { type = "json" }
    llm_judge_backend = { type = "varchar(32)", not_null = true, default = "'mlflow'" }
  }

  primary_key = ["id"]
  indexes = {
    ix_config_profiles_is_deleted = { columns = ["is_deleted"] }
    ix_config_profiles_name       = { columns = ["name"], unique = true }
  }
}

table "config_genie_spaces" {
  schema = schema.app_data

  columns = {
    id          = { type = "serial" }
    profile_id  = { type = "integer", not_null = true }
    space_id    = { type = "varchar(255)", not_null = true }
    space_name  = { type = "varchar(255)", not_null = true }
    description = { type = "text" }
    created_at  = { type = "timestamp", not_null = true }
    updated_at  = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  uniques     = { uq_config_genie_spaces_profile = { columns = ["profile_id"] } }
  indexes     = { idx_config_genie_spaces_profile = { columns = ["profile_id"] } } # redundant beside the unique, but live
  foreign_keys = {
    config_genie_spaces_profile_id_fkey = {
      columns    = ["profile_id"]
      references = table.config_profiles
      on_delete  = "CASCADE"
    }
  }
}

table "config_profile_contributors" {
  schema = schema.app_data

  columns = {
    id               = { type = "serial" }
    profile_id       = { type = "integer", not_null = true }
    identity_id      = { type = "varchar(255)", not_null = true }
    identity_type    = { type = "varchar(20)", not_null = true }
    identity_name    = { type = "varchar(255)", not_null = true }
    permission_level = { type = "varchar(20)", not_null = true }
    created_at       = { type = "timestamp", not_null = true }
    updated_at       = { type = "timestamp", not_null = true }
    created_by       = { type = "varchar(255)" }
  }

  primary_key = ["id"]
  uniques     = { uq_config_profile_contributor_identity = { columns = ["profile_id", "identity_id"] } }
  indexes = {
    ix_config_profile_contributors_identity_id = { columns = ["identity_id"] }
    ix_config_profile_contributors_profile_id  = { columns = ["profile_id"] }
  }
  foreign_keys = {
    config_profile_contributors_profile_id_fkey = {
      columns    = ["profile_id"]
      references = table.config_profiles
      on_delete  = "CASCADE"
    }
  }
}

# A profile keeps its prompts when a library entry that it had selected is deleted.
table "config_prompts" {
  schema = schema.app_data

  columns = {
    id                         = { type = "serial" }
    profile_id                 = { type = "integer", not_null = true }
    selected_deck_prompt_id    = { type = "integer" }
    selected_slide_style_id    = { type = "integer" }
    system_prompt              = { type = "text", not_null = true }
    slide_editing_instructions = { type = "text", not_null = true }
    created_at                 = { type = "timestamp", not_null = true }
    updated_at                 = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  uniques     = { config_prompts_profile_id_key = { columns = ["profile_id"] } }
  foreign_keys = {
    config_prompts_profile_id_fkey = {
      columns    = ["profile_id"]
      references = table.config_profiles
      on_delete  = "CASCADE"
    }
    config_prompts_selected_deck_prompt_id_fkey = {
      columns    = ["selected_deck_prompt_id"]
      references = table.slide_deck_prompt_library
      on_delete  = "SET NULL"
    }
    config_prompts_selected_slide_style_id_fkey = {
      columns    = ["selected_slide_style_id"]
      references = table.slide_style_library
      on_delete  = "SET NULL"
    }
  }
}

table "user_profile_preferences" {
  schema = schema.app_data

  columns = {
    id                 = { type = "serial" }
    user_name          = { type = "varchar(255)", not_null = true }
    default_profile_id = { type = "integer" }
    updated_at         = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  indexes     = { ix_user_profile_preferences_user_name = { columns = ["user_name"], unique = true } }
  foreign_keys = {
    user_profile_preferences_default_profile_id_fkey = {
      columns    = ["default_profile_id"]
      references = table.config_profiles
      on_delete  = "SET NULL"
    }
  }
}
