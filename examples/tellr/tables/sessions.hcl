# Conversations and the decks that come out of them. Everything hangs on user_sessions and goes with it.

table "user_sessions" {
  schema = schema.app_data

  columns = {
    id                            = { type = "serial" }
    session_id                    = { type = "varchar(64)", not_null = true }
    user_id                       = { type = "varchar(255)" }
    created_by                    = { type = "varchar(255)" }
    global_permission             = { type = "varchar(20)" }
    parent_session_id             = { type = "integer" }
    title                         = { type = "varchar(255)" }
    created_at                    = { type = "timestamp", not_null = true }
    last_activity                 = { type = "timestamp", not_null = true }
    genie_conversation_id         = { type = "varchar(255)" }
    experiment_id                 = { type = "varchar(255)" }
    google_slides_presentation_id = { type = "varchar(255)" }
    google_slides_url             = { type = "varchar(512)" }
    agent_config                  = { type = "json" }
    is_processing                 = { type = "boolean", not_null = true }
    processing_started_at         = { type = "timestamp" }
  }

  primary_key = ["id"]
  indexes = {
    ix_user_sessions_created_by               = { columns = ["created_by"] }
    ix_user_sessions_created_by_last_activity = { columns = ["created_by", "last_activity"] }
    ix_user_sessions_parent_created_by        = { columns = ["parent_session_id", "created_by"] }
    ix_user_sessions_parent_session_id        = { columns = ["parent_session_id"] }
    ix_user_sessions_session_id               = { columns = ["session_id"], unique = true }
    ix_user_sessions_user_id                  = { columns = ["user_id"] }
  }
  foreign_keys = {
    user_sessions_parent_session_id_fkey = {
      columns    = ["parent_session_id"]
      references = table.user_sessions
      on_delete  = "CASCADE"
    }
  }
}

table "session_messages" {
  schema = schema.app_data

  columns = {
    id            = { type = "serial" }
    session_id    = { type = "integer", not_null = true }
    role          = { type = "varchar(20)", not_null = true }
    content       = { type = "text", not_null = true }
    created_at    = { type = "timestamp", not_null = true }
    message_type  = { type = "varchar(50)" }
    metadata_json = { type = "text" }
    request_id    = { type = "varchar(64)" }
  }

  primary_key = ["id"]
  indexes = {
    ix_session_messages_request_id = { columns = ["request_id"] }
    ix_session_messages_session_id = { columns = ["session_id"] }
  }
  foreign_keys = {
    session_messages_session_id_fkey = {
      columns    = ["session_id"]
      references = table.user_sessions
      on_delete  = "CASCADE"
    }
  }
}

table "session_slide_decks" {
  schema = schema.app_data

  columns = {
    id               = { type = "serial" }
    session_id       = { type = "integer", not_null = true }
    title            = { type = "varchar(255)" }
    html_content     = { type = "text" }
    scripts_content  = { type = "text" }
    slide_count      = { type = "integer" }
    deck_json        = { type = "text" }
    verification_map = { type = "text" }
    locked_by        = { type = "varchar(255)" }
    locked_at        = { type = "timestamp" }
    version          = { type = "integer", not_null = true }
    modified_by      = { type = "varchar(255)" }
    created_at       = { type = "timestamp", not_null = true }
    updated_at       = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  uniques     = { session_slide_decks_session_id_key = { columns = ["session_id"] } } # one deck a session
  foreign_keys = {
    session_slide_decks_session_id_fkey = {
      columns    = ["session_id"]
      references = table.user_sessions
      on_delete  = "CASCADE"
    }
  }
}

table "slide_deck_versions" {
  schema = schema.app_data

  columns = {
    id                    = { type = "serial" }
    session_id            = { type = "integer", not_null = true }
    version_number        = { type = "integer", not_null = true }
    description           = { type = "varchar(255)", not_null = true }
    created_at            = { type = "timestamp", not_null = true }
    deck_json             = { type = "text", not_null = true }
    verification_map_json = { type = "text" }
    chat_history_json     = { type = "text" }
  }

  primary_key = ["id"]
  indexes = {
    ix_deck_versions_session_created = { columns = ["session_id", "created_at"] }
    ix_deck_versions_session_version = { columns = ["session_id", "version_number"] }
  }
  foreign_keys = {
    slide_deck_versions_session_id_fkey = {
      columns    = ["session_id"]
      references = table.user_sessions
      on_delete  = "CASCADE"
    }
  }
}

table "deck_contributors" {
  schema = schema.app_data

  columns = {
    id               = { type = "serial" }
    user_session_id  = { type = "integer", not_null = true }
    identity_type    = { type = "varchar(10)", not_null = true }
    identity_id      = { type = "varchar(255)", not_null = true }
    identity_name    = { type = "varchar(255)", not_null = true }
    permission_level = { type = "varchar(20)", not_null = true }
    created_by       = { type = "varchar(255)" }
    created_at       = { type = "timestamp", not_null = true }
    updated_at       = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  uniques     = { uq_deck_contributor_session_identity = { columns = ["user_session_id", "identity_id"] } }
  indexes = {
    ix_deck_contributors_identity_id     = { columns = ["identity_id"] }
    ix_deck_contributors_user_session_id = { columns = ["user_session_id"] }
  }
  foreign_keys = {
    deck_contributors_user_session_id_fkey = {
      columns    = ["user_session_id"]
      references = table.user_sessions
      on_delete  = "CASCADE"
    }
  }
}

# A chat turn that the browser polls for.
table "chat_requests" {
  schema = schema.app_data

  columns = {
    id            = { type = "serial" }
    request_id    = { type = "varchar(64)", not_null = true }
    session_id    = { type = "integer", not_null = true }
    status        = { type = "varchar(20)" }
    error_message = { type = "text" }
    created_at    = { type = "timestamp", not_null = true }
    completed_at  = { type = "timestamp" }
    result_json   = { type = "text" }
  }

  primary_key = ["id"]
  indexes = {
    ix_chat_requests_request_id = { columns = ["request_id"], unique = true }
    ix_chat_requests_session_id = { columns = ["session_id"] }
  }
  foreign_keys = {
    chat_requests_session_id_fkey = {
      columns    = ["session_id"]
      references = table.user_sessions
      on_delete  = "CASCADE"
    }
  }
}

# session_id is a session's public name here, not its id, and no foreign key: a job stays when its session goes.
table "export_jobs" {
  schema = schema.app_data

  columns = {
    id             = { type = "serial" }
    job_id         = { type = "varchar(64)", not_null = true }
    session_id     = { type = "varchar(128)", not_null = true }
    status         = { type = "varchar(20)" }
    progress       = { type = "integer" }
    total_slides   = { type = "integer" }
    title          = { type = "varchar(512)" }
    output_path    = { type = "text" }
    error_message  = { type = "text" }
    status_message = { type = "text" }
    created_at     = { type = "timestamp", not_null = true }
    completed_at   = { type = "timestamp" }
  }

  primary_key = ["id"]
  indexes     = { ix_export_jobs_job_id = { columns = ["job_id"], unique = true } }
}
