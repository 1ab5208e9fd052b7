# Who has used the app, and the credentials that the app keeps for them (encrypted with the key in encryption_keys).

table "app_identities" {
  schema = schema.app_data

  columns = {
    id            = { type = "serial" }
    identity_id   = { type = "varchar(255)", not_null = true }
    identity_type = { type = "varchar(20)", not_null = true }
    identity_name = { type = "varchar(255)", not_null = true }
    display_name  = { type = "varchar(255)" }
    first_seen_at = { type = "timestamp", not_null = true }
    last_seen_at  = { type = "timestamp", not_null = true }
    is_active     = { type = "boolean", not_null = true }
  }

  primary_key = ["id"]
  indexes = {
    idx_app_identities_active     = { columns = ["is_active"] }
    idx_app_identities_name       = { columns = ["identity_name"] }
    idx_app_identities_type       = { columns = ["identity_type"] }
    ix_app_identities_identity_id = { columns = ["identity_id"], unique = true }
  }
}

# The app writes one row with id = 1, so this is the one table without a sequence.
table "encryption_keys" {
  schema = schema.app_data

  columns = {
    id         = { type = "integer" }
    key_value  = { type = "text", not_null = true }
    created_at = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
}

table "google_global_credentials" {
  schema = schema.app_data

  columns = {
    id                    = { type = "serial" }
    credentials_encrypted = { type = "text", not_null = true }
    uploaded_by           = { type = "varchar(255)" }
    created_at            = { type = "timestamp" }
    updated_at            = { type = "timestamp" }
  }

  primary_key = ["id"]
}

table "google_oauth_tokens" {
  schema = schema.app_data

  columns = {
    id              = { type = "serial" }
    user_identity   = { type = "varchar(255)", not_null = true }
    token_encrypted = { type = "text", not_null = true }
    created_at      = { type = "timestamp", not_null = true }
    updated_at      = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  uniques     = { uq_user_identity_token = { columns = ["user_identity"] } }
  indexes     = { ix_google_oauth_tokens_user_identity = { columns = ["user_identity"] } } # redundant beside the unique, but live
}
