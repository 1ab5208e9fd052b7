package lakebase

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// The extension databricks_auth offers databricks_create_role, the way to make an identity role in SQL.
// [doc oltp/projects/postgres-roles: LOGIN only, no privileges; duplicate_object when it is there]
const authControl = `comment = 'Databricks identities as Postgres roles (sandbox)'
default_version = '1.0'
relocatable = false
schema = public
superuser = true
trusted = true
`

const authScript = `CREATE FUNCTION databricks_create_role(identity_name text, identity_type text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF identity_type NOT IN ('USER', 'SERVICE_PRINCIPAL', 'GROUP') THEN
    RAISE EXCEPTION 'invalid identity type: %', identity_type USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT pg_has_role(session_user, 'databricks_superuser', 'MEMBER') THEN
    RAISE EXCEPTION 'permission denied to create role' USING ERRCODE = 'insufficient_privilege';
  END IF;
  EXECUTE format('CREATE ROLE %I LOGIN', identity_name);
  EXECUTE format('COMMENT ON ROLE %I IS %L', identity_name,
                 json_build_object('databricks_identity', identity_type, 'oauth', true)::text);
  RETURN identity_name;
END $$;
`

// installAuthExtension puts the extension's two files beside those of Postgres. Where that folder cannot be written, as
// with a system's own Postgres, CREATE EXTENSION databricks_auth fails and everything else works.
func (s *Server) installAuthExtension() error {
	for _, dir := range s.cluster.ExtensionDirs() {
		for name, content := range map[string]string{"databricks_auth.control": authControl, "databricks_auth--1.0.sql": authScript} {
			path := filepath.Join(dir, name)
			if old, err := os.ReadFile(path); err == nil && string(old) == content {
				continue
			}
			if err := replaceFile(path, content); err != nil && !errors.Is(err, fs.ErrPermission) {
				return err
			}
		}
	}
	return nil
}

// replaceFile never lets a reader see half a file.
func replaceFile(path, content string) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".databricks_auth-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(content)
	if err := errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
