package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"slices"
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

// learn remembers a secret in the spellings in which it may come back.
func (r *redactor) learn(secret string) {
	words := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if quoted, err := json.Marshal(secret); err == nil {
		words = append(words, string(quoted[1:len(quoted)-1]))
	}
	if u, err := url.Parse(secret); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok {
			words = append(words, password, url.QueryEscape(password))
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
		p = bytes.ReplaceAll(p, secret, []byte(shown))
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
