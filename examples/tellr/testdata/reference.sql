-- The database of examples/tellr in plain DDL, as the app's own create_all and its migrations leave a fresh one.
-- Written by hand from the reference page, not from the .hcl files beside it: a test builds one database from those and
-- one from this file, and compares what pg_dump --schema-only says of each. Do not generate it.

CREATE SCHEMA app_data;

CREATE TABLE app_data.app_identities (
    id SERIAL NOT NULL,
    identity_id VARCHAR(255) NOT NULL,
    identity_type VARCHAR(20) NOT NULL,
    identity_name VARCHAR(255) NOT NULL,
    display_name VARCHAR(255),
    first_seen_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    is_active BOOLEAN NOT NULL,
    CONSTRAINT app_identities_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_app_identities_active ON app_data.app_identities (is_active);
CREATE INDEX idx_app_identities_name ON app_data.app_identities (identity_name);
CREATE INDEX idx_app_identities_type ON app_data.app_identities (identity_type);
CREATE UNIQUE INDEX ix_app_identities_identity_id ON app_data.app_identities (identity_id);

CREATE TABLE app_data.config_profiles (
    id SERIAL NOT NULL,
    name VARCHAR(100) NOT NULL,
    description TEXT,
    is_default BOOLEAN NOT NULL,
    global_permission VARCHAR(20),
    is_deleted BOOLEAN NOT NULL,
    deleted_at TIMESTAMP WITHOUT TIME ZONE,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    created_by VARCHAR(255),
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_by VARCHAR(255),
    agent_config JSON,
    llm_judge_backend VARCHAR(32) DEFAULT 'mlflow' NOT NULL,
    CONSTRAINT config_profiles_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_config_profiles_is_deleted ON app_data.config_profiles (is_deleted);
CREATE UNIQUE INDEX ix_config_profiles_name ON app_data.config_profiles (name);

CREATE TABLE app_data.design_system (
    id SERIAL NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    created_by VARCHAR(255),
    published BOOLEAN NOT NULL,
    is_default BOOLEAN NOT NULL,
    is_active BOOLEAN DEFAULT true NOT NULL,
    version INTEGER NOT NULL,
    manifest_json JSONB,
    compiled_style_content TEXT,
    font_mapping_json JSONB,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_by VARCHAR(255),
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT design_system_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_design_system_name_active ON app_data.design_system (name) WHERE is_active;

CREATE TABLE app_data.encryption_keys (
    id INTEGER NOT NULL,
    key_value TEXT NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT encryption_keys_pkey PRIMARY KEY (id)
);

CREATE TABLE app_data.export_jobs (
    id SERIAL NOT NULL,
    job_id VARCHAR(64) NOT NULL,
    session_id VARCHAR(128) NOT NULL,
    status VARCHAR(20),
    progress INTEGER,
    total_slides INTEGER,
    title VARCHAR(512),
    output_path TEXT,
    error_message TEXT,
    status_message TEXT,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    completed_at TIMESTAMP WITHOUT TIME ZONE,
    CONSTRAINT export_jobs_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_export_jobs_job_id ON app_data.export_jobs (job_id);

CREATE TABLE app_data.feedback_conversations (
    id SERIAL NOT NULL,
    category VARCHAR(50) NOT NULL,
    summary TEXT NOT NULL,
    severity VARCHAR(10) NOT NULL,
    raw_conversation JSON NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT feedback_conversations_pkey PRIMARY KEY (id),
    CONSTRAINT check_feedback_category CHECK (
        category IN ('Bug Report', 'Feature Request', 'UX Issue', 'Performance', 'Content Quality', 'Other')
    ),
    CONSTRAINT check_feedback_severity CHECK (severity IN ('Low', 'Medium', 'High'))
);

CREATE TABLE app_data.google_global_credentials (
    id SERIAL NOT NULL,
    credentials_encrypted TEXT NOT NULL,
    uploaded_by VARCHAR(255),
    created_at TIMESTAMP WITHOUT TIME ZONE,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    CONSTRAINT google_global_credentials_pkey PRIMARY KEY (id)
);

CREATE TABLE app_data.google_oauth_tokens (
    id SERIAL NOT NULL,
    user_identity VARCHAR(255) NOT NULL,
    token_encrypted TEXT NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT google_oauth_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT uq_user_identity_token UNIQUE (user_identity)
);
CREATE INDEX ix_google_oauth_tokens_user_identity ON app_data.google_oauth_tokens (user_identity);

CREATE TABLE app_data.image_assets (
    id SERIAL NOT NULL,
    token VARCHAR(64) NOT NULL,
    filename VARCHAR(255) NOT NULL,
    original_filename VARCHAR(255) NOT NULL,
    mime_type VARCHAR(50) NOT NULL,
    size_bytes INTEGER NOT NULL,
    image_data BYTEA NOT NULL,
    thumbnail_base64 TEXT,
    tags JSONB,
    description TEXT,
    category VARCHAR(50),
    uploaded_by VARCHAR(255),
    is_active BOOLEAN NOT NULL,
    created_by VARCHAR(255),
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_by VARCHAR(255),
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT image_assets_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_image_assets_token ON app_data.image_assets (token);

CREATE TABLE app_data.request_logs (
    id SERIAL NOT NULL,
    "timestamp" TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    method VARCHAR(10) NOT NULL,
    path VARCHAR(500) NOT NULL,
    status_code INTEGER NOT NULL,
    duration_ms DOUBLE PRECISION NOT NULL,
    request_id VARCHAR(36),
    CONSTRAINT request_logs_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_request_logs_timestamp ON app_data.request_logs ("timestamp");

CREATE TABLE app_data.slide_deck_prompt_library (
    id SERIAL NOT NULL,
    name VARCHAR(100) NOT NULL,
    description TEXT,
    category VARCHAR(50),
    prompt_content TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_by VARCHAR(255),
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_by VARCHAR(255),
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT slide_deck_prompt_library_pkey PRIMARY KEY (id),
    CONSTRAINT slide_deck_prompt_library_name_key UNIQUE (name)
);

CREATE TABLE app_data.slide_style_library (
    id SERIAL NOT NULL,
    name VARCHAR(100) NOT NULL,
    description TEXT,
    category VARCHAR(50),
    style_content TEXT NOT NULL,
    image_guidelines TEXT,
    is_active BOOLEAN NOT NULL,
    is_system BOOLEAN NOT NULL,
    created_by VARCHAR(255),
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_by VARCHAR(255),
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    is_default BOOLEAN NOT NULL,
    CONSTRAINT slide_style_library_pkey PRIMARY KEY (id),
    CONSTRAINT slide_style_library_name_key UNIQUE (name)
);

CREATE TABLE app_data.survey_responses (
    id SERIAL NOT NULL,
    star_rating INTEGER NOT NULL,
    time_saved_minutes INTEGER,
    nps_score INTEGER,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT survey_responses_pkey PRIMARY KEY (id),
    CONSTRAINT check_star_rating_range CHECK (star_rating >= 1 AND star_rating <= 5),
    CONSTRAINT check_time_saved_values CHECK (
        time_saved_minutes IN (15, 30, 60, 120, 240, 480) OR time_saved_minutes IS NULL
    ),
    CONSTRAINT check_nps_score_range CHECK ((nps_score >= 0 AND nps_score <= 10) OR nps_score IS NULL)
);

CREATE TABLE app_data.usage_events (
    id SERIAL NOT NULL,
    username VARCHAR(255) NOT NULL,
    event_type VARCHAR(30) NOT NULL,
    session_id INTEGER,
    ts TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT usage_events_pkey PRIMARY KEY (id)
);
CREATE INDEX ix_usage_events_type_ts ON app_data.usage_events (event_type, ts);
CREATE INDEX ix_usage_events_username_ts ON app_data.usage_events (username, ts);

CREATE TABLE app_data.user_sessions (
    id SERIAL NOT NULL,
    session_id VARCHAR(64) NOT NULL,
    user_id VARCHAR(255),
    created_by VARCHAR(255),
    global_permission VARCHAR(20),
    parent_session_id INTEGER,
    title VARCHAR(255),
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    last_activity TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    genie_conversation_id VARCHAR(255),
    experiment_id VARCHAR(255),
    google_slides_presentation_id VARCHAR(255),
    google_slides_url VARCHAR(512),
    agent_config JSON,
    is_processing BOOLEAN NOT NULL,
    processing_started_at TIMESTAMP WITHOUT TIME ZONE,
    CONSTRAINT user_sessions_pkey PRIMARY KEY (id),
    CONSTRAINT user_sessions_parent_session_id_fkey FOREIGN KEY (parent_session_id)
        REFERENCES app_data.user_sessions (id) ON DELETE CASCADE
);
CREATE INDEX ix_user_sessions_created_by ON app_data.user_sessions (created_by);
CREATE INDEX ix_user_sessions_created_by_last_activity ON app_data.user_sessions (created_by, last_activity);
CREATE INDEX ix_user_sessions_parent_created_by ON app_data.user_sessions (parent_session_id, created_by);
CREATE INDEX ix_user_sessions_parent_session_id ON app_data.user_sessions (parent_session_id);
CREATE INDEX ix_user_sessions_user_id ON app_data.user_sessions (user_id);
CREATE UNIQUE INDEX ix_user_sessions_session_id ON app_data.user_sessions (session_id);

CREATE TABLE app_data.chat_requests (
    id SERIAL NOT NULL,
    request_id VARCHAR(64) NOT NULL,
    session_id INTEGER NOT NULL,
    status VARCHAR(20),
    error_message TEXT,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    completed_at TIMESTAMP WITHOUT TIME ZONE,
    result_json TEXT,
    CONSTRAINT chat_requests_pkey PRIMARY KEY (id),
    CONSTRAINT chat_requests_session_id_fkey FOREIGN KEY (session_id)
        REFERENCES app_data.user_sessions (id) ON DELETE CASCADE
);
CREATE INDEX ix_chat_requests_session_id ON app_data.chat_requests (session_id);
CREATE UNIQUE INDEX ix_chat_requests_request_id ON app_data.chat_requests (request_id);

CREATE TABLE app_data.config_genie_spaces (
    id SERIAL NOT NULL,
    profile_id INTEGER NOT NULL,
    space_id VARCHAR(255) NOT NULL,
    space_name VARCHAR(255) NOT NULL,
    description TEXT,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT config_genie_spaces_pkey PRIMARY KEY (id),
    CONSTRAINT uq_config_genie_spaces_profile UNIQUE (profile_id),
    CONSTRAINT config_genie_spaces_profile_id_fkey FOREIGN KEY (profile_id)
        REFERENCES app_data.config_profiles (id) ON DELETE CASCADE
);
CREATE INDEX idx_config_genie_spaces_profile ON app_data.config_genie_spaces (profile_id);

CREATE TABLE app_data.config_profile_contributors (
    id SERIAL NOT NULL,
    profile_id INTEGER NOT NULL,
    identity_id VARCHAR(255) NOT NULL,
    identity_type VARCHAR(20) NOT NULL,
    identity_name VARCHAR(255) NOT NULL,
    permission_level VARCHAR(20) NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    created_by VARCHAR(255),
    CONSTRAINT config_profile_contributors_pkey PRIMARY KEY (id),
    CONSTRAINT uq_config_profile_contributor_identity UNIQUE (profile_id, identity_id),
    CONSTRAINT config_profile_contributors_profile_id_fkey FOREIGN KEY (profile_id)
        REFERENCES app_data.config_profiles (id) ON DELETE CASCADE
);
CREATE INDEX ix_config_profile_contributors_identity_id ON app_data.config_profile_contributors (identity_id);
CREATE INDEX ix_config_profile_contributors_profile_id ON app_data.config_profile_contributors (profile_id);

CREATE TABLE app_data.config_prompts (
    id SERIAL NOT NULL,
    profile_id INTEGER NOT NULL,
    selected_deck_prompt_id INTEGER,
    selected_slide_style_id INTEGER,
    system_prompt TEXT NOT NULL,
    slide_editing_instructions TEXT NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT config_prompts_pkey PRIMARY KEY (id),
    CONSTRAINT config_prompts_profile_id_key UNIQUE (profile_id),
    CONSTRAINT config_prompts_profile_id_fkey FOREIGN KEY (profile_id)
        REFERENCES app_data.config_profiles (id) ON DELETE CASCADE,
    CONSTRAINT config_prompts_selected_deck_prompt_id_fkey FOREIGN KEY (selected_deck_prompt_id)
        REFERENCES app_data.slide_deck_prompt_library (id) ON DELETE SET NULL,
    CONSTRAINT config_prompts_selected_slide_style_id_fkey FOREIGN KEY (selected_slide_style_id)
        REFERENCES app_data.slide_style_library (id) ON DELETE SET NULL
);

CREATE TABLE app_data.deck_contributors (
    id SERIAL NOT NULL,
    user_session_id INTEGER NOT NULL,
    identity_type VARCHAR(10) NOT NULL,
    identity_id VARCHAR(255) NOT NULL,
    identity_name VARCHAR(255) NOT NULL,
    permission_level VARCHAR(20) NOT NULL,
    created_by VARCHAR(255),
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT deck_contributors_pkey PRIMARY KEY (id),
    CONSTRAINT uq_deck_contributor_session_identity UNIQUE (user_session_id, identity_id),
    CONSTRAINT deck_contributors_user_session_id_fkey FOREIGN KEY (user_session_id)
        REFERENCES app_data.user_sessions (id) ON DELETE CASCADE
);
CREATE INDEX ix_deck_contributors_identity_id ON app_data.deck_contributors (identity_id);
CREATE INDEX ix_deck_contributors_user_session_id ON app_data.deck_contributors (user_session_id);

CREATE TABLE app_data.design_system_asset (
    id SERIAL NOT NULL,
    design_system_id INTEGER NOT NULL,
    kind VARCHAR(50) NOT NULL,
    filename TEXT NOT NULL,
    mime VARCHAR(100) NOT NULL,
    bytes BYTEA NOT NULL,
    width INTEGER,
    height INTEGER,
    size_bytes INTEGER NOT NULL,
    CONSTRAINT design_system_asset_pkey PRIMARY KEY (id),
    CONSTRAINT design_system_asset_design_system_id_fkey FOREIGN KEY (design_system_id)
        REFERENCES app_data.design_system (id) ON DELETE CASCADE
);
CREATE INDEX ix_design_system_asset_design_system_id ON app_data.design_system_asset (design_system_id);

CREATE TABLE app_data.design_system_token (
    id SERIAL NOT NULL,
    design_system_id INTEGER NOT NULL,
    "group" TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT design_system_token_pkey PRIMARY KEY (id),
    CONSTRAINT design_system_token_design_system_id_fkey FOREIGN KEY (design_system_id)
        REFERENCES app_data.design_system (id) ON DELETE CASCADE
);
CREATE INDEX ix_design_system_token_design_system_id ON app_data.design_system_token (design_system_id);

CREATE TABLE app_data.session_messages (
    id SERIAL NOT NULL,
    session_id INTEGER NOT NULL,
    role VARCHAR(20) NOT NULL,
    content TEXT NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    message_type VARCHAR(50),
    metadata_json TEXT,
    request_id VARCHAR(64),
    CONSTRAINT session_messages_pkey PRIMARY KEY (id),
    CONSTRAINT session_messages_session_id_fkey FOREIGN KEY (session_id)
        REFERENCES app_data.user_sessions (id) ON DELETE CASCADE
);
CREATE INDEX ix_session_messages_request_id ON app_data.session_messages (request_id);
CREATE INDEX ix_session_messages_session_id ON app_data.session_messages (session_id);

CREATE TABLE app_data.session_slide_decks (
    id SERIAL NOT NULL,
    session_id INTEGER NOT NULL,
    title VARCHAR(255),
    html_content TEXT,
    scripts_content TEXT,
    slide_count INTEGER,
    deck_json TEXT,
    verification_map TEXT,
    locked_by VARCHAR(255),
    locked_at TIMESTAMP WITHOUT TIME ZONE,
    version INTEGER NOT NULL,
    modified_by VARCHAR(255),
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT session_slide_decks_pkey PRIMARY KEY (id),
    CONSTRAINT session_slide_decks_session_id_key UNIQUE (session_id),
    CONSTRAINT session_slide_decks_session_id_fkey FOREIGN KEY (session_id)
        REFERENCES app_data.user_sessions (id) ON DELETE CASCADE
);

CREATE TABLE app_data.slide_deck_versions (
    id SERIAL NOT NULL,
    session_id INTEGER NOT NULL,
    version_number INTEGER NOT NULL,
    description VARCHAR(255) NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    deck_json TEXT NOT NULL,
    verification_map_json TEXT,
    chat_history_json TEXT,
    CONSTRAINT slide_deck_versions_pkey PRIMARY KEY (id),
    CONSTRAINT slide_deck_versions_session_id_fkey FOREIGN KEY (session_id)
        REFERENCES app_data.user_sessions (id) ON DELETE CASCADE
);
CREATE INDEX ix_deck_versions_session_created ON app_data.slide_deck_versions (session_id, created_at);
CREATE INDEX ix_deck_versions_session_version ON app_data.slide_deck_versions (session_id, version_number);

CREATE TABLE app_data.user_profile_preferences (
    id SERIAL NOT NULL,
    user_name VARCHAR(255) NOT NULL,
    default_profile_id INTEGER,
    updated_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    CONSTRAINT user_profile_preferences_pkey PRIMARY KEY (id),
    CONSTRAINT user_profile_preferences_default_profile_id_fkey FOREIGN KEY (default_profile_id)
        REFERENCES app_data.config_profiles (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX ix_user_profile_preferences_user_name ON app_data.user_profile_preferences (user_name);

CREATE TABLE app_data.design_system_file (
    id SERIAL NOT NULL,
    design_system_id INTEGER NOT NULL,
    path TEXT NOT NULL,
    kind VARCHAR(50) NOT NULL,
    mime VARCHAR(100) NOT NULL,
    bytes BYTEA,
    size_bytes INTEGER NOT NULL,
    asset_id INTEGER,
    CONSTRAINT design_system_file_pkey PRIMARY KEY (id),
    CONSTRAINT design_system_file_design_system_id_fkey FOREIGN KEY (design_system_id)
        REFERENCES app_data.design_system (id) ON DELETE CASCADE,
    CONSTRAINT design_system_file_asset_id_fkey FOREIGN KEY (asset_id)
        REFERENCES app_data.design_system_asset (id) ON DELETE CASCADE
);
CREATE INDEX ix_design_system_file_asset_id ON app_data.design_system_file (asset_id);
CREATE INDEX ix_design_system_file_design_system_id ON app_data.design_system_file (design_system_id);

CREATE TABLE app_data.design_system_template (
    id SERIAL NOT NULL,
    design_system_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    entry_path TEXT NOT NULL,
    layout_html TEXT NOT NULL,
    token_css TEXT,
    thumbnail_asset_id INTEGER,
    CONSTRAINT design_system_template_pkey PRIMARY KEY (id),
    CONSTRAINT design_system_template_design_system_id_fkey FOREIGN KEY (design_system_id)
        REFERENCES app_data.design_system (id) ON DELETE CASCADE,
    CONSTRAINT design_system_template_thumbnail_asset_id_fkey FOREIGN KEY (thumbnail_asset_id)
        REFERENCES app_data.design_system_asset (id) ON DELETE SET NULL
);
CREATE INDEX ix_design_system_template_design_system_id ON app_data.design_system_template (design_system_id);
CREATE INDEX ix_design_system_template_thumbnail_asset_id ON app_data.design_system_template (thumbnail_asset_id);

-- The body starts right behind the $$: pg_dump prints it byte for byte, and the .hcl heredoc has no first empty line.
CREATE FUNCTION app_data.tellr_agent_config_precedence() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    IF NEW.agent_config IS NOT NULL
        AND jsonb_typeof(NEW.agent_config::jsonb) = 'object'
        AND COALESCE(NEW.agent_config::jsonb -> 'slide_style_id', 'null'::jsonb) <> 'null'::jsonb
        AND COALESCE(NEW.agent_config::jsonb -> 'design_system_id', 'null'::jsonb) <> 'null'::jsonb
    THEN
        RAISE LOG 'tellr: row % of % named a slide style beside a design system; the style was cleared', NEW.id, TG_TABLE_NAME;
        NEW.agent_config := jsonb_set(NEW.agent_config::jsonb, '{slide_style_id}', 'null'::jsonb)::text;
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER trg_agent_config_precedence
    BEFORE INSERT OR UPDATE OF agent_config ON app_data.user_sessions
    FOR EACH ROW EXECUTE FUNCTION app_data.tellr_agent_config_precedence();

CREATE TRIGGER trg_agent_config_precedence
    BEFORE INSERT OR UPDATE OF agent_config ON app_data.config_profiles
    FOR EACH ROW EXECUTE FUNCTION app_data.tellr_agent_config_precedence();
