# What users pick from when they make a deck: prompts, styles, images.

table "slide_deck_prompt_library" {
  schema = schema.app_data

  columns = {
    id             = { type = "serial" }
    name           = { type = "varchar(100)", not_null = true }
    description    = { type = "text" }
    category       = { type = "varchar(50)" }
    prompt_content = { type = "text", not_null = true }
    is_active      = { type = "boolean", not_null = true }
    created_by     = { type = "varchar(255)" }
    created_at     = { type = "timestamp", not_null = true }
    updated_by     = { type = "varchar(255)" }
    updated_at     = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  uniques     = { slide_deck_prompt_library_name_key = { columns = ["name"] } }
}

table "slide_style_library" {
  schema = schema.app_data

  columns = {
    id               = { type = "serial" }
    name             = { type = "varchar(100)", not_null = true }
    description      = { type = "text" }
    category         = { type = "varchar(50)" }
    style_content    = { type = "text", not_null = true }
    image_guidelines = { type = "text" }
    is_active        = { type = "boolean", not_null = true }
    is_system        = { type = "boolean", not_null = true }
    created_by       = { type = "varchar(255)" }
    created_at       = { type = "timestamp", not_null = true }
    updated_by       = { type = "varchar(255)" }
    updated_at       = { type = "timestamp", not_null = true }
    is_default       = { type = "boolean", not_null = true }
  }

  primary_key = ["id"]
  uniques     = { slide_style_library_name_key = { columns = ["name"] } }
}

# Pages name an image by its unguessable token, never by its id.
table "image_assets" {
  schema = schema.app_data

  columns = {
    id                = { type = "serial" }
    token             = { type = "varchar(64)", not_null = true }
    filename          = { type = "varchar(255)", not_null = true }
    original_filename = { type = "varchar(255)", not_null = true }
    mime_type         = { type = "varchar(50)", not_null = true }
    size_bytes        = { type = "integer", not_null = true }
    image_data        = { type = "bytea", not_null = true }
    thumbnail_base64  = { type = "text" }
    tags              = { type = "jsonb" }
    description       = { type = "text" }
    category          = { type = "varchar(50)" }
    uploaded_by       = { type = "varchar(255)" }
    is_active         = { type = "boolean", not_null = true }
    created_by        = { type = "varchar(255)" }
    created_at        = { type = "timestamp", not_null = true }
    updated_by        = { type = "varchar(255)" }
    updated_at        = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  indexes     = { ix_image_assets_token = { columns = ["token"], unique = true } }
}
