package session

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// filled is a statement ready for the server.
type filled struct {
	text  string
	spans []span // where holes of secrets stand in text
	// secrets are the values that must not be shown, with their sources.
	secrets map[string]string
}

type span struct {
	from, to int
	source   string
}

// fillSQL puts the values of holes into a statement, each quoted as its format
// says.
func fillSQL(sql resource.SQL, fill resource.Fill) (filled, error) {
	var f filled
	var b strings.Builder
	for _, p := range sql {
		if p.Hole == "" {
			b.WriteString(p.Text)
			continue
		}
		hole, err := parseHole(p.Hole)
		if err != nil {
			return f, err
		}
		v, err := fill(hole)
		if err != nil {
			return f, err
		}
		text := v.Str()
		if v.Kind() == resource.KindBool {
			text = strconv.FormatBool(v.Bool())
		}
		written, err := write(p.Format, text)
		if err != nil {
			if hole.IsSecret() {
				return f, fmt.Errorf("fill %s: its value cannot be written as %s", hole, p.Format)
			}
			return f, fmt.Errorf("fill %s: %w", hole, err)
		}
		if hole.IsSecret() {
			f.spans = append(f.spans, span{from: b.Len(), to: b.Len() + len(written), source: hole.String()})
			if f.secrets == nil {
				f.secrets = map[string]string{}
			}
			f.secrets[text], f.secrets[written] = hole.String(), hole.String()
		}
		b.WriteString(written)
	}
	f.text = b.String()
	return f, nil
}

// parseHole reads what Hole.String writes: a secret's source has one dot, an
// attribute of a thing two.
func parseHole(text string) (resource.Hole, error) {
	for _, source := range []string{"env.", "var."} {
		if name, ok := strings.CutPrefix(text, source); ok && !strings.ContainsAny(name, ".[") {
			return resource.Hole{Secret: text}, nil
		}
	}
	ref, err := resource.ParseAttrRef(text)
	return resource.Hole{Ref: ref}, err
}

func write(format resource.Format, text string) (string, error) {
	if strings.ContainsRune(text, 0) {
		return "", fmt.Errorf("%q has a zero byte, which Postgres does not store", text)
	}
	switch format {
	case resource.Ident:
		if text == "" {
			return "", fmt.Errorf("the name is empty")
		}
		if len(text) > 63 {
			return "", fmt.Errorf("the name %q has %d bytes, and Postgres keeps 63", text, len(text))
		}
		return sqltext.Ident(text), nil
	case resource.Literal:
		return sqltext.Literal(text), nil
	case resource.Plain:
		return text, nil
	}
	return "", fmt.Errorf("there is no format %q", format)
}

// excerptBytes is how much of a statement a message shows.
const excerptBytes = 240

// excerpt shows the statement around a place, which is marked by >>>; at is a
// byte offset, -1 if unknown. Secrets stand as their sources.
func (f filled) excerpt(at int) string {
	var b strings.Builder
	mark := -1
	done := 0
	for _, s := range f.spans {
		if at >= done && at < s.from {
			mark = b.Len() + at - done
		} else if at >= s.from && at < s.to {
			mark = b.Len() + s.from - done
		}
		b.WriteString(f.text[done:s.from])
		b.WriteString("{{" + s.source + "}}")
		done = s.to
	}
	if at >= done && at <= len(f.text) {
		mark = b.Len() + at - done
	}
	b.WriteString(f.text[done:])
	text := b.String()

	from, to := 0, len(text)
	if to > excerptBytes {
		from = min(max(mark-excerptBytes/2, 0), len(text)-excerptBytes)
		to = from + excerptBytes
	}
	var out strings.Builder
	if from > 0 {
		out.WriteString("…")
	}
	if mark >= from && mark <= to && mark >= 0 {
		out.WriteString(text[from:mark] + ">>>" + text[mark:to])
	} else {
		out.WriteString(text[from:to])
	}
	if to < len(text) {
		out.WriteString("…")
	}
	return strings.ToValidUTF8(strings.Join(strings.Fields(out.String()), " "), "")
}

// redact puts the source of a secret in the place of its value.
func (f filled) redact(text string) string {
	for _, value := range longestFirst(f.secrets) {
		if value != "" {
			text = strings.ReplaceAll(text, value, "{{"+f.secrets[value]+"}}")
		}
	}
	return text
}
