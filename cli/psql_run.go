package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tellr-dev/tellr/engine/resource"
)

// runSQL runs statements and prints what each gives, in the server's own text.
func (p *program) runSQL(ctx context.Context, conn *pgx.Conn, sql, format string) error {
	results := conn.PgConn().Exec(ctx, sql)
	var out rowWriter
	for results.NextResult() {
		rows := results.ResultReader()
		switch format {
		case "csv":
			out = &csvRows{csv.NewWriter(p.Out)}
		case "json":
			out = &jsonRows{to: p.Out}
		default:
			out = &tableRows{to: p.Out}
		}
		fields := rows.FieldDescriptions()
		if err := out.begin(fields); err != nil {
			return errors.Join(err, results.Close())
		}
		for rows.NextRow() {
			if err := out.row(rows.Values()); err != nil {
				return errors.Join(err, results.Close())
			}
		}
		tag, err := rows.Close()
		if err != nil {
			break // of the results too
		}
		if err := out.end(); err != nil {
			return errors.Join(err, results.Close())
		}
		if len(fields) == 0 && tag.String() != "" {
			fmt.Fprintln(p.Err, tag.String())
		}
	}
	return explainStatement(results.Close(), sql)
}

// explainStatement words the error of a statement.
func explainStatement(err error, sql string) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return err
	}
	d := &resource.Diagnostic{Severity: resource.Error, Summary: fmt.Sprintf("%s (SQLSTATE %s)", e.Message, e.Code), Detail: e.Detail, Cure: e.Hint, Err: err}
	if e.Position > 0 {
		if line := lineAt(sql, int(e.Position)); line != "" {
			d.Detail = strings.TrimPrefix(d.Detail+"\nat: "+line, "\n")
		}
	}
	if explained, ok := explainDatabase(err).(resource.Diagnostics); ok && d.Cure == "" {
		d.Cure = explained[0].Cure
	}
	return resource.Diagnostics{d}
}

// lineAt is the line of a text that holds its nth character, from 1.
func lineAt(text string, n int) string {
	runes := []rune(text)
	if n > len(runes) {
		return ""
	}
	before := string(runes[:n-1])
	from := strings.LastIndexByte(before, '\n') + 1
	line, _, _ := strings.Cut(text[from:], "\n")
	return strings.TrimSpace(line)
}

// rowWriter writes the rows of one statement, without any for one that gives
// none. A value is nil for NULL, and valid only during the call.
type rowWriter interface {
	begin(fields []pgconn.FieldDescription) error
	row(values [][]byte) error
	end() error
}

// csvRows writes a header and the rows; NULL is empty.
type csvRows struct{ to *csv.Writer }

func (c *csvRows) begin(fields []pgconn.FieldDescription) error {
	if len(fields) == 0 {
		return nil
	}
	return c.to.Write(headers(fields))
}

func (c *csvRows) row(values [][]byte) error {
	record := make([]string, len(values))
	for i, v := range values {
		record[i] = string(v)
	}
	return c.to.Write(record)
}

func (c *csvRows) end() error {
	c.to.Flush()
	return c.to.Error()
}

func headers(fields []pgconn.FieldDescription) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// jsonRows writes an object a row, on a line of its own.
type jsonRows struct {
	to     io.Writer
	fields []pgconn.FieldDescription
}

func (j *jsonRows) begin(fields []pgconn.FieldDescription) error {
	j.fields = append([]pgconn.FieldDescription(nil), fields...)
	return nil
}

func (j *jsonRows) row(values [][]byte) error {
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(j.fields[i].Name)
		if err != nil {
			return err
		}
		value, err := jsonValue(j.fields[i].DataTypeOID, v)
		if err != nil {
			return err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteString("}\n")
	_, err := io.WriteString(j.to, b.String())
	return err
}

func (j *jsonRows) end() error { return nil }

// jsonValue writes numbers, truth values and JSON as themselves, and all else
// as text.
func jsonValue(oid uint32, v []byte) ([]byte, error) {
	if v == nil {
		return []byte("null"), nil
	}
	switch oid {
	case pgtype.BoolOID:
		if string(v) == "t" {
			return []byte("true"), nil
		}
		return []byte("false"), nil
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID, pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID, pgtype.JSONOID, pgtype.JSONBOID:
		if json.Valid(v) { // NaN is not
			var b bytes.Buffer
			err := json.Compact(&b, v)
			return b.Bytes(), err
		}
	}
	return json.Marshal(string(v))
}

// tableRows writes columns of one width, numbers to the right.
type tableRows struct {
	to     io.Writer
	fields []pgconn.FieldDescription
	lines  [][]string
}

func (t *tableRows) begin(fields []pgconn.FieldDescription) error {
	t.fields = append([]pgconn.FieldDescription(nil), fields...)
	return nil
}

func (t *tableRows) row(values [][]byte) error {
	line := make([]string, len(values))
	for i, v := range values {
		line[i] = strings.NewReplacer("\r", `\r`, "\n", `\n`, "\t", `\t`, "\x1b", `\x1B`).Replace(string(v))
	}
	t.lines = append(t.lines, line)
	return nil
}

func (t *tableRows) end() error {
	if len(t.fields) == 0 {
		return nil
	}
	names := headers(t.fields)
	widths := make([]int, len(names))
	for i := range names {
		widths[i] = utf8.RuneCountInString(names[i])
		for _, l := range t.lines {
			widths[i] = max(widths[i], utf8.RuneCountInString(l[i]))
		}
	}
	var b strings.Builder
	write := func(cells []string, numbers bool) {
		var line strings.Builder
		for i, c := range cells {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if i > 0 {
				line.WriteString("  ")
			}
			if numbers && isNumber(t.fields[i].DataTypeOID) {
				line.WriteString(pad + c)
			} else {
				line.WriteString(c + pad)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	write(names, true)
	rules := make([]string, len(names))
	for i, w := range widths {
		rules[i] = strings.Repeat("-", w)
	}
	write(rules, false)
	for _, l := range t.lines {
		write(l, true)
	}
	if len(t.lines) == 1 {
		b.WriteString("(1 row)\n")
	} else {
		fmt.Fprintf(&b, "(%d rows)\n", len(t.lines))
	}
	_, err := io.WriteString(t.to, b.String())
	return err
}

func isNumber(oid uint32) bool {
	switch oid {
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID, pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID:
		return true
	}
	return false
}
