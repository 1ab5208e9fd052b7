package catalog

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

//go:embed canon.sql
var canonSQL string

// Question is one expression in its context, as the server must be asked. The
// answer depends on nothing but what Key is made of, so one question serves
// every place where the same text means the same.
type Question struct {
	// Key is a hash of the expression, the types of the columns that it
	// mentions, and the server's major version.
	Key  string
	kind ExprKind
	err  error // why it cannot be asked

	setup, do, get string
	// scratch are the schemas that stand for real ones in the question, by the real one's name.
	scratch map[string]string
}

// Answer is the server's form of an expression, or why it has none.
type Answer struct {
	Text  string
	Error string
}

// Questions are the different questions of an Ask that can be remembered,
// without those that need no server.
func Questions(ask Ask, serverVersion int) []Question {
	seen := map[string]bool{}
	var out []Question
	add := func(t *AskTable, e Expr) {
		if _, known := local(t, e); known || e.Kind == Body {
			return // what a body means depends on all that it mentions, so no key can stand for it
		}
		if q := question(t, e, serverVersion); !seen[q.Key] {
			seen[q.Key] = true
			out = append(out, q)
		}
	}
	for i := range ask.Tables {
		for _, e := range ask.Tables[i].Exprs {
			add(&ask.Tables[i], e)
		}
	}
	for _, e := range ask.Exprs {
		add(nil, e)
	}
	return append(out, builtQuestions(&ask, serverVersion)...)
}

// local answers what follows from rules that are the same in every server.
func local(t *AskTable, e Expr) (string, bool) {
	switch e.Kind {
	case Type:
		return CanonicalType(e.Text)
	case RegType:
		t, ok := CanonicalType(e.Text)
		return modifier.ReplaceAllString(t, ""), ok
	case IndexKey:
		// The plain name of a column. A keyword prints in quotes, so those are asked.
		if t != nil && sqltext.Ident(e.Text) == e.Text {
			for _, c := range t.Columns {
				if c.Name == e.Text {
					return e.Text, true
				}
			}
		}
	}
	return "", false
}

// The names under which things are built for a question.
const (
	scratch    = "tellr_q"
	inScratch  = "'pg_temp." + scratch + "'::regclass"
	ofRelation = " WHERE attrelid = " + inScratch + " AND attnum = 1"
)

func question(t *AskTable, e Expr, serverVersion int) Question {
	if t == nil {
		t = &AskTable{Name: scratch}
	}
	q := Question{kind: e.Kind, err: single(e.Text)}
	switch e.Kind {
	case Type:
		// A cast takes a type and nothing else: no constraint, no default.
		q.do = "CREATE TEMP VIEW " + scratch + " AS SELECT CAST(NULL AS " + e.Text + ") AS c"
		q.get = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute" + ofRelation
	case RegType:
		q.get = "SELECT " + regType(e.Text)
	case Collation:
		q.get = "SELECT " + sqltext.Literal(collation(e.Text)) + "::regcollation"
	case Default:
		q.setup = "CREATE TEMP TABLE " + scratch + " (c " + columnType(t, e.Column) + ")"
		q.do = "ALTER TABLE pg_temp." + scratch + " ALTER c SET DEFAULT (" + e.Text + ")"
		q.get = "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = " + inScratch
	case Generated:
		var name string
		q.setup, name = table(t, e)
		q.do = "ALTER TABLE " + name + " ADD COLUMN tellr_c " + columnType(t, e.Column) + " GENERATED ALWAYS AS (" + e.Text + ") STORED"
		q.get = "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = " + sqltext.Literal(name) + "::regclass"
	case Check:
		var name string
		q.setup, name = table(t, e)
		q.do = "ALTER TABLE " + name + " ADD CONSTRAINT tellr_c CHECK (" + e.Text + ")"
		q.get = "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = 'tellr_c' AND conrelid = " + sqltext.Literal(name) + "::regclass"
	case IndexKey:
		var name string
		q.setup, name = table(t, e)
		method := e.Method
		if method == "" {
			method = "btree"
		}
		q.do = "CREATE INDEX tellr_i ON " + name + " USING " + sqltext.Ident(method) + " (" + e.Text + ")"
		q.get = "SELECT pg_get_indexdef('pg_temp.tellr_i'::regclass)"
	case Policy:
		// What a policy looks up elsewhere names this table, so that it has its own name.
		var name string
		q.setup, name = tableNamed(t, e, t.Name)
		q.do = "CREATE POLICY tellr_p ON " + name + " USING (" + e.Text + ")"
		q.get = "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polname = 'tellr_p' AND polrelid = " + sqltext.Literal(name) + "::regclass"
	case Exclusion:
		var name string
		q.setup, name = table(t, e)
		method := e.Method
		if method == "" {
			method = "btree"
		}
		q.do = "ALTER TABLE " + name + " ADD CONSTRAINT tellr_c EXCLUDE USING " + sqltext.Ident(method) + " (" + e.Text + ")"
		q.get = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'tellr_c' AND conrelid = " + sqltext.Literal(name) + "::regclass"
	case Statistics:
		var name string
		q.setup, name = table(t, e)
		q.do = "CREATE STATISTICS pg_temp.tellr_s ON (" + e.Text + ") FROM " + name
		q.get = "SELECT (pg_get_statisticsobjdef_expressions(oid))[1] FROM pg_statistic_ext WHERE stxname = 'tellr_s' AND stxrelid = " + sqltext.Literal(name) + "::regclass"
	case ArgDefault:
		q.do = "CREATE FUNCTION pg_temp." + scratch + "(a " + columnType(t, e.Column) + " DEFAULT (" + e.Text + ")) RETURNS void LANGUAGE sql AS ''"
		q.get = "SELECT pg_get_function_arg_default(oid, 1) FROM pg_proc WHERE proname = '" + scratch + "' AND pronamespace = pg_my_temp_schema()"
	case DomainRule:
		q.setup = "CREATE DOMAIN pg_temp." + scratch + " AS " + columnType(t, e.Column)
		if c := t.Columns[0].Collation; c != "" {
			q.setup += " COLLATE " + collation(c)
		}
		q.do = "ALTER DOMAIN pg_temp." + scratch + " ADD CONSTRAINT tellr_c CHECK (" + e.Text + ")"
		q.get = "SELECT pg_get_expr(conbin, 0) FROM pg_constraint WHERE conname = 'tellr_c' AND contypid = 'pg_temp." + scratch + "'::regtype"
	case Body:
		// Its own name, because the names of arguments may be qualified by it.
		q.err = nil
		name := "pg_temp." + sqltext.Ident(e.Name)
		q.do = "CREATE " + e.Method + " " + name + e.Head + " LANGUAGE sql " + e.Text
		q.get = "SELECT pg_get_function_sqlbody(oid) FROM pg_proc WHERE proname = " + sqltext.Literal(e.Name) + " AND pronamespace = pg_my_temp_schema()"
	case IndexWhere, OnlyWhere:
		var name string
		q.setup, name = table(t, e)
		q.do = "CREATE INDEX tellr_i ON " + name + " ((1)) WHERE (" + e.Text + ")"
		q.get = "SELECT pg_get_indexdef('pg_temp.tellr_i'::regclass)"
	case When:
		// An update is where both OLD and NEW are there. The function is one that every server has; it never runs.
		var name string
		q.setup, name = table(t, e)
		q.do = "CREATE TRIGGER tellr_t AFTER UPDATE ON " + name + " FOR EACH ROW WHEN (" + e.Text +
			") EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()"
		q.get = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'tellr_t' AND tgrelid = " + sqltext.Literal(name) + "::regclass"
	case PartitionKey:
		var name string
		q.setup, name = partitioned(t, e.Text)
		q.get = "SELECT pg_get_partkeydef(" + sqltext.Literal(name) + "::regclass)"
	case PartitionBound:
		var name string
		q.setup, name = partitioned(t, e.By)
		q.do = "CREATE TEMP TABLE tellr_p PARTITION OF " + name + " " + forValues(e.Text)
		q.get = "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = 'pg_temp.tellr_p'::regclass"
	default:
		q.err = fmt.Errorf("there is no kind of expression %q", e.Kind)
	}
	sum := sha256.Sum256([]byte(strconv.Itoa(serverVersion/10000) + "\x00" + string(e.Kind) + "\x00" + q.setup + "\x00" + q.do + "\x00" + q.get))
	q.Key = hex.EncodeToString(sum[:16])
	return q
}

// table makes a temporary table with the columns that a text mentions, so that
// tables share questions, and a change of other columns asks nothing anew.
func table(t *AskTable, e Expr) (setup, name string) {
	if t == nil {
		t = &AskTable{}
	}
	name = scratch
	if words(e.Text)[t.Name] {
		name = t.Name
	}
	return tableNamed(t, e, name)
}

// tableNamed makes it under a name.
func tableNamed(t *AskTable, e Expr, as string) (setup, name string) {
	name = as
	mentioned := words(e.Text)
	var columns []string
	for _, c := range t.Columns {
		if !mentioned[c.Name] {
			continue
		}
		column := sqltext.Ident(c.Name) + " " + integerOf(c.Type)
		if c.Collation != "" {
			column += " COLLATE " + collation(c.Collation)
		}
		columns = append(columns, column)
	}
	return "CREATE TEMP TABLE " + sqltext.Ident(name) + " (" + strings.Join(columns, ", ") + ")", "pg_temp." + sqltext.Ident(name)
}

func columnType(t *AskTable, column string) string {
	if t != nil {
		for _, c := range t.Columns {
			if c.Name == column {
				return integerOf(c.Type)
			}
		}
	}
	return "no_such_column"
}

// integerOf gives the type that a serial type stands for.
func integerOf(typ string) string {
	if t, ok := serialTypes[strings.ToLower(strings.TrimSpace(typ))]; ok {
		return t
	}
	return typ
}

// collation writes the name of a collation: that of a pg_catalog collation as
// it is (C, de-x-icu, en_US.utf8), others qualified.
func collation(name string) string {
	if schema, _, ok := sqltext.SplitQualified(name); ok && schema != "" && strings.ContainsRune(name, '"') {
		return name
	}
	return sqltext.Quoted(name)
}

// regType is SQL that prints the type of a function's argument or result.
func regType(text string) string {
	text = strings.TrimSpace(text)
	plain := func(t string) string {
		return "format_type(" + sqltext.Literal(strings.TrimSpace(t)) + "::regtype, NULL)"
	}
	lower := strings.ToLower(text)
	if rest := strings.TrimPrefix(lower, "setof "); rest != lower {
		return "'SETOF ' || " + plain(text[len("setof "):])
	}
	if strings.HasPrefix(lower, "table") && strings.HasSuffix(text, ")") {
		if inner := strings.TrimSpace(text[len("table"):]); strings.HasPrefix(inner, "(") {
			var columns []string
			for _, c := range split(inner[1 : len(inner)-1]) {
				name, typ := identFirst(c)
				columns = append(columns, sqltext.Literal(name+" ")+" || "+plain(typ))
			}
			return "'TABLE(' || " + strings.Join(columns, " || ', ' || ") + " || ')'"
		}
	}
	return plain(text)
}

// identFirst cuts the name, as the server prints it, off a column of RETURNS
// TABLE.
func identFirst(text string) (name, rest string) {
	end := 0
	for end < len(text) && text[end] != ' ' {
		if end = skip(text, end); end < 0 {
			return text, ""
		}
	}
	name, rest = text[:end], text[end:]
	if schema, plain, ok := sqltext.SplitQualified(name); ok && schema == "" {
		name = sqltext.Ident(plain)
	}
	return name, rest
}

// Canonicalise asks the server, in one round trip and within the transaction
// that is open on the connection, with search_path = pg_catalog. Nothing is
// left behind. Answers come by Question.Key.
func Canonicalise(ctx context.Context, conn *pgx.Conn, questions []Question) (map[string]Answer, error) {
	out := make(map[string]Answer, len(questions))
	message, order, err := canonMessage(questions, out)
	if err != nil || len(order) == 0 {
		return out, err
	}
	results, err := conn.PgConn().Exec(ctx, message).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("ask the server for canonical forms: %w", err)
	}
	return out, canonAnswers(results[len(results)-1].Rows[0][0], order, out)
}

// canonicaliseAlone does the same in a transaction of its own, still in one
// round trip.
func canonicaliseAlone(ctx context.Context, conn *pgx.Conn, questions []Question) (map[string]Answer, error) {
	out := make(map[string]Answer, len(questions))
	message, order, err := canonMessage(questions, out)
	if err != nil || len(order) == 0 {
		return out, err
	}
	const begin = "BEGIN READ WRITE;\nSET LOCAL search_path = pg_catalog;\n" + zone + "SET LOCAL client_min_messages = error;\n" +
		"SET LOCAL lock_timeout = '10s';\nSET LOCAL check_function_bodies = off;\n"
	pc := conn.PgConn()
	results, err := pc.Exec(ctx, begin+message+"\nROLLBACK;").ReadAll()
	if err != nil {
		if !pc.IsClosed() && pc.TxStatus() != 'I' {
			_, _ = conn.Exec(context.WithoutCancel(ctx), "ROLLBACK") // what failed is told
		}
		return nil, fmt.Errorf("ask the server for canonical forms: %w", err)
	}
	return out, canonAnswers(results[len(results)-2].Rows[0][0], order, out)
}

// zone is the time zone in which times are read and printed: not the caller's,
// or two callers would see two databases.
const zone = "SET LOCAL TimeZone = 'UTC';\n"

type canonAsk struct {
	Do  string `json:"do"`
	Get string `json:"get"`
}

type canonGroup struct {
	Setup string     `json:"setup"`
	Asks  []canonAsk `json:"asks"`
}

// canonMessage writes the questions, grouped by what they share, and the order
// in which they will be answered. What cannot be asked is answered at once.
func canonMessage(questions []Question, out map[string]Answer) (string, []Question, error) {
	var setups []string
	groups := map[string][]Question{}
	for _, q := range questions {
		if q.err != nil {
			out[q.Key] = Answer{Error: q.err.Error()}
			continue
		}
		if groups[q.setup] == nil {
			setups = append(setups, q.setup)
		}
		groups[q.setup] = append(groups[q.setup], q)
	}
	var order []Question
	message := make([]canonGroup, 0, len(setups))
	for _, setup := range setups {
		g := canonGroup{Setup: setup}
		for _, q := range groups[setup] {
			g.Asks = append(g.Asks, canonAsk{Do: q.do, Get: q.get})
			order = append(order, q)
		}
		message = append(message, g)
	}
	text, err := json.Marshal(message)
	if err != nil {
		return "", nil, err
	}
	return "SELECT set_config('tellr.questions', " + sqltext.Literal(string(text)) + ", true);\n" + canonSQL, order, nil
}

func canonAnswers(raw []byte, order []Question, out map[string]Answer) error {
	var answers []struct {
		Text  *string `json:"text"`
		Error string  `json:"error"`
	}
	if err := json.Unmarshal(raw, &answers); err != nil || len(answers) != len(order) {
		return fmt.Errorf("ask the server for canonical forms: %d answers to %d questions (%v)", len(answers), len(order), err)
	}
	for i, q := range order {
		a := Answer{Error: answers[i].Error}
		if answers[i].Text != nil {
			a.Text = *answers[i].Text
		} else if a.Error == "" {
			a.Error = "the server has no form of it"
		}
		for schema, standin := range q.scratch {
			a.Error = strings.ReplaceAll(a.Error, standin, schema)
		}
		switch keys, where := indexDef(a.Text); {
		case a.Error != "":
		case q.kind == IndexKey && len(keys) == 1:
			a.Text = keys[0]
		case q.kind == IndexKey:
			a = Answer{Error: "it is not one key of an index"}
		case q.kind == IndexWhere, q.kind == OnlyWhere:
			a.Text = where
		case q.kind == Exclusion:
			elements, _ := exclusionDef(a.Text)
			if len(elements) != 1 {
				a = Answer{Error: "it is not one element of an exclusion constraint"}
				break
			}
			a.Text = elements[0]
		case q.kind == PartitionBound:
			a.Text = strings.TrimPrefix(a.Text, "FOR VALUES ")
		case q.kind == When:
			a.Text = triggerWhen(a.Text)
		case q.kind == builtKind:
			a.Text = original(a.Text, q.scratch)
		}
		out[q.Key] = a
	}
	return nil
}
