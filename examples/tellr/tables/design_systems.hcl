# Design systems: a manifest, and the tokens, assets, files and templates that belong to it and go with it.

table "design_system" {
  schema = schema.app_data

  columns = {
    id                     = { type = "serial" }
    name                   = { type = "text", not_null = true }
    description            = { type = "text" }
    created_by             = { type = "varchar(255)" }
    published              = { type = "boolean", not_null = true }
    is_default             = { type = "boolean", not_null = true }
    is_active              = { type = "boolean", not_null = true, default = "true" }
    version                = { type = "integer", not_null = true }
    manifest_json          = { type = "jsonb" }
    compiled_style_content = { type = "text" }
    font_mapping_json      = { type = "jsonb" }
    created_at             = { type = "timestamp", not_null = true }
    updated_by             = { type = "varchar(255)" }
    updated_at             = { type = "timestamp", not_null = true }
  }

  primary_key = ["id"]
  # Partial: a retired design system gives its name free.
  indexes = { uq_design_system_name_active = { columns = ["name"], unique = true, where = "is_active" } }
}

table "design_system_token" {
  schema = schema.app_data

  columns = {
    id               = { type = "serial" }
    design_system_id = { type = "integer", not_null = true }
    "group"          = { type = "text", not_null = true } # a reserved word of SQL: quoted in every statement
    name             = { type = "text", not_null = true }
    value            = { type = "text", not_null = true }
  }

  primary_key = ["id"]
  indexes     = { ix_design_system_token_design_system_id = { columns = ["design_system_id"] } }
  foreign_keys = {
    design_system_token_design_system_id_fkey = {
      columns    = ["design_system_id"]
      references = table.design_system
      on_delete  = "CASCADE"
    }
  }
}

table "design_system_asset" {
  schema = schema.app_data

  columns = {
    id               = { type = "serial" }
    design_system_id = { type = "integer", not_null = true }
    kind             = { type = "varchar(50)", not_null = true }
    filename         = { type = "text", not_null = true }
    mime             = { type = "varchar(100)", not_null = true }
    "bytes"          = { type = "bytea", not_null = true }
    width            = { type = "integer" }
    height           = { type = "integer" }
    size_bytes       = { type = "integer", not_null = true }
  }

  primary_key = ["id"]
  indexes     = { ix_design_system_asset_design_system_id = { columns = ["design_system_id"] } }
  foreign_keys = {
    design_system_asset_design_system_id_fkey = {
      columns    = ["design_system_id"]
      references = table.design_system
      on_delete  = "CASCADE"
    }
  }
}

# bytes may be null: a file may point to an asset instead of holding bytes of its own.
table "design_system_file" {
  schema = schema.app_data

  columns = {
    id               = { type = "serial" }
    design_system_id = { type = "integer", not_null = true }
    path             = { type = "text", not_null = true }
    kind             = { type = "varchar(50)", not_null = true }
    mime             = { type = "varchar(100)", not_null = true }
    "bytes"          = { type = "bytea" }
    size_bytes       = { type = "integer", not_null = true }
    asset_id         = { type = "integer" }
  }

  primary_key = ["id"]
  indexes = {
    ix_design_system_file_asset_id         = { columns = ["asset_id"] }
    ix_design_system_file_design_system_id = { columns = ["design_system_id"] }
  }
  foreign_keys = {
    design_system_file_asset_id_fkey = {
      columns    = ["asset_id"]
      references = table.design_system_asset
      on_delete  = "CASCADE"
    }
    design_system_file_design_system_id_fkey = {
      columns    = ["design_system_id"]
      references = table.design_system
      on_delete  = "CASCADE"
    }
  }
}

# A template stays when its thumbnail goes.
table "design_system_template" {
  schema = schema.app_data

  columns = {
    id                 = { type = "serial" }
    design_system_id   = { type = "integer", not_null = true }
    name               = { type = "text", not_null = true }
    description        = { type = "text" }
    entry_path         = { type = "text", not_null = true }
    layout_html        = { type = "text", not_null = true }
    token_css          = { type = "text" }
    thumbnail_asset_id = { type = "integer" }
  }

  primary_key = ["id"]
  indexes = {
    ix_design_system_template_design_system_id   = { columns = ["design_system_id"] }
    ix_design_system_template_thumbnail_asset_id = { columns = ["thumbnail_asset_id"] }
  }
  foreign_keys = {
    design_system_template_design_system_id_fkey = {
      columns    = ["design_system_id"]
      references = table.design_system
      on_delete  = "CASCADE"
    }
    design_system_template_thumbnail_asset_id_fkey = {
      columns    = ["thumbnail_asset_id"]
      references = table.design_system_asset
      on_delete  = "SET NULL"
    }
  }
}
