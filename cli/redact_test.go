package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// A secret is not shown in any spelling in which a server may quote it.
func TestRedaction(t *testing.T) {
	for _, secret := range []string{"CANARY-4f1d9c7e", `p@ss "w'<&>\ö` + "\n%", "exactly-three", "one-byte-more!", "a/b+c=d?e&f#g"} {
		r := &redactor{}
		r.learn(secret)
		asJSON, err := json.Marshal(secret)
		if err != nil {
			t.Fatal(err)
		}
		var plain bytes.Buffer
		enc := json.NewEncoder(&plain)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(secret); err != nil {
			t.Fatal(err)
		}
		b64 := func(e *base64.Encoding, before, after string) string {
			return e.EncodeToString([]byte(before + secret + after))
		}
		for name, text := range map[string]string{
			"itself": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret), "json": string(asJSON), "json, plain": plain.String(),
			"literal": "'" + strings.ReplaceAll(secret, "'", "''") + "'", "E literal": "E'" + strings.ReplaceAll(strings.ReplaceAll(secret, `\`, `\\`), "'", "''") + "'",
			"go": strconv.Quote(secret), "hex": hex.EncodeToString([]byte(secret)),
			"base64": b64(base64.StdEncoding, "", ""), "base64 url": b64(base64.URLEncoding, "", ""), "base64 in a header": b64(base64.StdEncoding, "token:", ""),
			"base64 within": b64(base64.StdEncoding, "me:", ":more"), "base64 at 2": b64(base64.RawURLEncoding, "me", "!"),
		} {
			var out bytes.Buffer
			fmt.Fprintf(r.writer(&out), "before %s after\n", text)
			if !strings.Contains(out.String(), shown) || !strings.HasPrefix(out.String(), "before ") || !strings.HasSuffix(out.String(), " after\n") {
				t.Errorf("%s of %q is shown: %s", name, secret, out.String())
			}
			left := strings.ReplaceAll(out.String(), shown, "")
			if n := len(left) - len("before  after\n"); strings.HasPrefix(name, "base64") && n > 16 {
				t.Errorf("%s of %q: too much is left: %s", name, secret, out.String())
			}
		}
	}
}
