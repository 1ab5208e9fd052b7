package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// openPsql runs psql with the streams of the process, and ends as it does.
func (p *program) openPsql(ctx context.Context, r *reached, c *lakebase.Connector, client string, args []string) error {
	env, target, err := p.psqlEnvironment(ctx, r, c, client)
	if err != nil {
		return err
	}
	if target != "" {
		args = append([]string{"--dbname=" + target}, args...)
	}
	p.deaf() // psql decides what an interrupt means: it cancels a statement
	cmd := exec.Command(client, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, p.streams.In, p.streams.Out, p.streams.Err
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		if code := exit.ExitCode(); code >= 0 {
			return status(code)
		}
		return status(128 + 15) // by a signal
	case err != nil:
		return fail("psql cannot be run", err.Error(), "")
	}
	return nil
}

// psqlEnvironment is the environment of psql, and the URL that it is called
// with, without a password, where there is one. Of the process's own PG*
// variables psql sees none that could lead it elsewhere.
func (p *program) psqlEnvironment(ctx context.Context, r *reached, c *lakebase.Connector, client string) (env []string, target string, err error) {
	at := c.Resolution()
	vars := map[string]string{"PGAPPNAME": "tellr psql"}
	plain := !at.Kind.IsLakebase()
	if plain {
		var password string
		if target, password, err = withoutPassword(r.config.URL); err != nil {
			return nil, "", err
		}
		if password != "" {
			vars["PGPASSWORD"] = password
		}
		if u, err := url.Parse(target); err == nil && strings.HasPrefix(u.Query().Get("sslmode"), "verify") && !u.Query().Has("sslrootcert") {
			if vars["PGSSLROOTCERT"], err = p.authorities(ctx, at, client); err != nil {
				return nil, "", err
			}
		}
	} else {
		t, err := c.Token(ctx)
		if err != nil {
			return nil, "", r.explain(err)
		}
		vars["PGHOST"], vars["PGPORT"] = at.Host, strconv.Itoa(int(at.Port))
		vars["PGUSER"], vars["PGDATABASE"], vars["PGPASSWORD"] = at.User, at.Database, t.Secret()
		vars["PGSSLMODE"], vars["PGGSSENCMODE"] = r.sslmode, "disable"
		if vars["PGSSLROOTCERT"], err = p.authorities(ctx, at, client); err != nil {
			return nil, "", err
		}
		if id := t.Identity(); id != "" && id != at.User {
			fmt.Fprintf(p.Err, "The token is of %s and the role is %s (%s): the login works if it is a group that %s is in.\n", id, at.User, at.Source("user"), id)
		}
	}
	var settings []string
	if path := searchPath(r.schemas); path != "" {
		settings = append(settings, "-c search_path="+optionWord(path))
	}
	if r.role != "" {
		settings = append(settings, "-c role="+optionWord(r.role))
	}
	if own := p.getenv("PGOPTIONS"); own != "" {
		settings = append(settings, own)
	}
	if len(settings) > 0 {
		vars["PGOPTIONS"] = strings.Join(settings, " ")
	}
	keep := []string{"PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT", "PGTZ", "PGDATESTYLE", "PGCLIENTENCODING", "PG_COLOR", "PG_COLORS"}
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		secret := name == "DATABRICKS_TOKEN" || name == "DATABRICKS_CLIENT_SECRET" || name == appSecret // psql and what it starts need none
		if _, ours := vars[name]; ours || secret || strings.HasPrefix(name, "PG") && !plain && !slices.Contains(keep, name) {
			continue
		}
		env = append(env, kv)
	}
	for _, name := range []string{"PGAPPNAME", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGSSLMODE", "PGGSSENCMODE", "PGSSLROOTCERT", "PGOPTIONS"} {
		if v := vars[name]; v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env, target, nil
}

// withoutPassword takes the password out of a URL.
func withoutPassword(text string) (stripped, password string, err error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", "", fail("the URL of the database cannot be read", "it is not shown, since it may hold a password", "percent-encode special characters in user and password")
	}
	password, _ = u.User.Password()
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	if v := q.Get("password"); v != "" {
		password = v
		q.Del("password")
		u.RawQuery = q.Encode()
	}
	return u.String(), password, nil
}

// optionWord writes a value for PGOPTIONS, where a space ends a word.
func optionWord(s string) string {
	return strings.NewReplacer(`\`, `\\`, ` `, `\ `, "\t", "\\\t").Replace(s)
}

var psqlVersion = regexp.MustCompile(`\b(\d+)(\.\d+)*`)

// bundles are where systems keep the authorities that they trust.
var bundles = [...]string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem", "/opt/homebrew/etc/openssl@3/cert.pem"}

// authorities is what psql is to trust: the file that the environment names,
// or else the system's. psql itself would look for a file in the home folder.
func (p *program) authorities(ctx context.Context, at *lakebase.Resolution, client string) (string, error) {
	if at.RootCert != "" {
		return at.RootCert, nil
	}
	if file := p.getenv("SSL_CERT_FILE"); file != "" {
		return file, nil
	}
	if out, err := exec.CommandContext(ctx, client, "--version").Output(); err == nil {
		if m := psqlVersion.FindSubmatch(out); m != nil {
			if major, err := strconv.Atoi(string(m[1])); err == nil && major >= 16 {
				return "system", nil
			}
		}
	}
	for _, file := range bundles {
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", fail("psql has no authorities to verify the server with", "it is older than version 16, and the system's file of certificates was not found",
		"set PGSSLROOTCERT to a file with them, in PEM")
}
