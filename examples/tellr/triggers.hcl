# A configuration may name a design system or a slide style. When a client writes both, the design system wins: the style
# is set to null on the way in, so that no reader has to know the rule. Both tables that hold such a configuration have it.

function "tellr_agent_config_precedence" {
  schema   = schema.app_data
  language = "plpgsql"
  returns  = "trigger"

  body = <<-SQL
    BEGIN
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
  SQL
}

trigger "trg_agent_config_precedence_user_sessions" {
  table    = table.user_sessions
  name     = "trg_agent_config_precedence" # a trigger's name is its table's own: both may have the same
  timing   = "BEFORE"
  events   = ["INSERT", "UPDATE OF agent_config"]
  level    = "ROW"
  function = function.tellr_agent_config_precedence
}

trigger "trg_agent_config_precedence_config_profiles" {
  table    = table.config_profiles
  name     = "trg_agent_config_precedence"
  timing   = "BEFORE"
  events   = ["INSERT", "UPDATE OF agent_config"]
  level    = "ROW"
  function = function.tellr_agent_config_precedence
}
