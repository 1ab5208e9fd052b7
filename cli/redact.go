package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// shown is what stands for a secret.
const shown = "(sensitive)"

// shortest is the length of the shortest secret that is looked for: a shorter
// one is found in every second word.
const shortest = 6

// redactor takes secrets out of what is written. Nothing in tellr puts them
// there; a server that quotes what it refuses might.
type redactor struct {
	mu    sync.Mutex
	words [][]byte // longest first
}

// learn remembers a secret, and the password of one that is a URL, in the
// spellings in which it may come back.
func (r *redactor) learn(secret string) {
	words := spellings(secret)
	if u, err := url.Parse(secret); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok {
			words = append(words, spellings(password)...)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range words {
		if len(w) >= shortest && !slices.ContainsFunc(r.words, func(k []byte) bool { return string(k) == w }) {
			r.words = append(r.words, []byte(w))
		}
	}
	slices.SortFunc(r.words, func(a, b []byte) int { return len(b) - len(a) })
}

// spellings are a text as it stands in itself, in URLs, in JSON with and
// without HTML's characters escaped, in the literals of SQL, in Go's quotes, as
// hexadecimal digits and in base64, wherever it begins in what is encoded.
func spellings(text string) []string {
	words := []string{text, url.QueryEscape(text), url.PathEscape(text)}
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	if quoted, err := json.Marshal(text); err == nil && enc.Encode(text) == nil {
		words = append(words, string(quoted[1:len(quoted)-1]), plain.String()[1:plain.Len()-2])
	}
	literal := strings.ReplaceAll(text, "'", "''")
	quoted := strconv.Quote(text)
	words = append(words, literal, strings.ReplaceAll(literal, `\`, `\\`), quoted[1:len(quoted)-1], hex.EncodeToString([]byte(text)))
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			// The first and the last digits depend on what stands beside it.
			code := e.EncodeToString(append(make([]byte, before), text...))
			from, to := (before*8+5)/6, len(code)
			if (before+len(text))%3 != 0 {
				to--
			}
			if to-from >= 2*shortest { // less is found in other words too
				words = append(words, code[from:to])
			}
		}
	}
	return words
}

// writer is w without secrets. Each write must be whole words, as those of
// tellr are: lines, and messages at a time.
func (r *redactor) writer(w io.Writer) io.Writer { return redacted{r, w} }

// text is a text without secrets.
func (r *redactor) text(s string) string { return string(r.clean([]byte(s))) }

func (r *redactor) clean(p []byte) []byte {
	r.mu.Lock()
	words := r.words
	r.mu.Unlock()
	for _, secret := range words {
		if bytes.Contains(p, secret) {
			p = bytes.ReplaceAll(p, secret, []byte(shown))
		}
	}
	return p
}

type redacted struct {
	*redactor
	to io.Writer
}

func (w redacted) Write(p []byte) (int, error) {
	if _, err := w.to.Write(w.clean(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
