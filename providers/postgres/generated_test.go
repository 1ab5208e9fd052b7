package postgres_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	generated = flag.Int("generated", 8, "how many generated pairs to run")
	crossed   = flag.Int("crossed", 8, "how many crossed pairs to run")
	firstSeed = flag.Uint64("seed", 1, "seed of the first generated or crossed pair; the others follow")
)

// firstVersion is the version of Postgres on which generated and crossed pairs run.
func firstVersion(t *testing.T) int {
	t.Helper()
	first, _, _ := strings.Cut(*pairVersions, ",")
	version, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// TestGeneratedPairs brings databases from one generated state to another, as TestPairs does. The name of a subtest is its
// seed; what fails is made small by hand and kept in testdata/pairs.
func TestGeneratedPairs(t *testing.T) {
	for i := range *generated {
		seed := *firstSeed + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 0))
			p := pair{file: "generated", title: fmt.Sprint(seed), old: generate(r), new: generate(r)}
			p.run(t, firstVersion(t), int(10_000+seed))
			if t.Failed() {
				t.Logf("old:\n%s\nnew:\n%s", p.old, p.new)
			}
		})
	}
}

// stays is what a state leaves behind that another does not name: tellr changes what it was told of.
var stays = regexp.MustCompile(`(?i)\b(create (schema|role|extension|event|publication|cast|server)|grant|revoke|privileges|owner to|authorization)\b`)

// TestCrossedPairs brings databases from a state of one pair to a state of another. Most have a table t, so that much
// changes that nobody thought of together. A plan that is blocked is only logged.
func TestCrossedPairs(t *testing.T) {
	states, version := []pair{}, firstVersion(t)
	for _, p := range readPairs(t) {
		if p.from > version || p.to != 0 && p.to < version || p.settled != "" {
			continue
		}
		states = append(states, pair{title: p.file + "/" + p.title, new: p.new})
		if p.oneWay == "" {
			states = append(states, pair{title: p.file + "/" + p.title + " (old)", new: p.old})
		}
	}
	for i := range *crossed {
		seed := *firstSeed + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			from, to := states[r.IntN(len(states))], states[r.IntN(len(states))]
			for stays.MatchString(from.new) {
				from = states[r.IntN(len(states))]
			}
			p := pair{file: "crossed", title: fmt.Sprint(seed), old: from.new, new: to.new, back: true}
			p.run(t, version, int(20_000+seed))
			if t.Failed() {
				t.Logf("from %s\n%s\nto %s\n%s", from.title, p.old, to.title, p.new)
			}
		})
	}
}

// hasRows tells which tables have a row in each state that has them.
func hasRows(table string) bool { return table == "a" || table == "b" }

// pooled are names that go from one kind of thing to another.
var pooled = []string{"n1", "n2", "n3", `"N ""4"`, `"N'5"`, "n6", `"select"`, "n8"}

// generate writes a few tables with types that can be cast to each other, so that any state leads to any other.
func generate(r *rand.Rand) string {
	var b, late strings.Builder
	oneOf := func(list ...string) string { return list[r.IntN(len(list))] }
	some := func(percent int) bool { return r.IntN(100) < percent }
	// Names of keys, constraints, indexes, views and sequences are dealt from one pool, so that in the other state they are
	// those of other things.
	pool := r.Perm(len(pooled))
	called := func(usual string) string {
		if len(pool) == 0 || !some(35) {
			return usual
		}
		name := pooled[pool[0]]
		pool = pool[1:]
		return name
	}
	var tables, views []string
	has := map[string]string{} // the first column of each table
	fmt.Fprintf(&b, "CREATE FUNCTION app.f(%s) RETURNS %s IMMUTABLE LANGUAGE sql AS 'SELECT 1';\n",
		oneOf("x int", "y int", "x int, y int DEFAULT 2", "x bigint"), oneOf("int", "bigint", "numeric"))
	for _, table := range []string{"a", "b", `"C d"`, "e"} {
		if !some(70) {
			continue
		}
		var columns, lines, values []string
		for _, c := range []string{"id", "n", `"Text"`, "v", "made"} {
			if c != "id" && !some(65) {
				continue
			}
			columns = append(columns, c)
			line := c + " " + oneOf("int", "bigint", "numeric(10,2)", "int")
			if c == `"Text"` || c == "v" {
				line = c + " " + oneOf("text", "varchar(20)", "varchar(64)", "char(8)")
			}
			if c == "made" {
				line = c + " " + oneOf("timestamptz DEFAULT now()", "timestamp", "date", "timestamptz")
			}
			value := map[string]string{"id": "1", "n": oneOf("0", "1 + 1", "7"), "made": "now()"}[c]
			if value == "" {
				value = oneOf("'x'", "'it''s'")
			}
			switch {
			case c != "id" && some(30): // with a default, so that it can be added where there are rows
				line = strings.TrimSuffix(line, " DEFAULT now()") + " NOT NULL DEFAULT " + value
			case c == "n" && some(40):
				line += " DEFAULT " + value
			case c == "n" && some(30):
				line += " DEFAULT app.f(1)"
			}
			lines, values = append(lines, line), append(values, value)
		}
		name := strings.Trim(table, `"`)
		if some(80) {
			lines = append(lines, "CONSTRAINT "+called(`"`+name+`_pkey"`)+" PRIMARY KEY (id)")
			tables = append(tables, table)
		}
		if some(40) {
			lines = append(lines, fmt.Sprintf("CONSTRAINT %s CHECK (id %s)", called(`"`+name+` ck"`), oneOf("> 0", ">= 0", "BETWEEN 0 AND 100", "IN (1, 2, 3)", "> app.f(0) - 2")))
		}
		if some(30) {
			lines = append(lines, fmt.Sprintf("CONSTRAINT %s UNIQUE (%s)%s", called(`"`+name+` uq"`), oneOf(columns...), oneOf("", " DEFERRABLE")))
		}
		fmt.Fprintf(&b, "CREATE TABLE app.%s (%s);\n", table, strings.Join(lines, ", "))
		if hasRows(table) {
			fmt.Fprintf(&b, "INSERT INTO app.%s VALUES (%s);\n", table, strings.Join(values, ", "))
		}
		for i := range r.IntN(3) {
			fmt.Fprintf(&b, "CREATE %s %s ON app.%s (%s)%s;\n", oneOf("INDEX", "UNIQUE INDEX"), called(fmt.Sprintf("\"%s ix%d\"", name, i)), table, oneOf(columns...),
				oneOf("", " WHERE id > 0", " WITH (fillfactor = 70)"))
		}
		if some(30) {
			fmt.Fprintf(&b, "COMMENT ON TABLE app.%s IS '%s';\n", table, oneOf("one", "it''s two"))
		}
		has[table] = columns[0]
		if some(30) {
			view := "app." + called(`"`+name+` v"`)
			views = append(views, view)
			fmt.Fprintf(&late, "CREATE VIEW %s AS SELECT %s FROM app.%s;\n", view, strings.Join(columns[:1+r.IntN(len(columns))], ", "), table)
		}
	}
	for _, name := range []string{"s", "r"} {
		if some(30) {
			fmt.Fprintf(&b, "CREATE SEQUENCE app.%s INCREMENT %s;\n", called(name), oneOf("1", "2"))
		}
	}
	for i, on := range views { // views over views
		if some(60) {
			kind := oneOf("VIEW", "VIEW", "MATERIALIZED VIEW")
			fmt.Fprintf(&late, "CREATE %s app.over%d AS SELECT app.f(1) AS f, id FROM %s;\n", kind, i, on)
			if some(50) {
				fmt.Fprintf(&late, "CREATE VIEW app.top%d AS SELECT * FROM app.over%d;\n", i, i)
			}
		}
	}
	for i, on := range []string{"a", "b", `"C d"`, "e"} {
		if has[on] == "" || !some(50) {
			continue
		}
		look := []string{"app.f(1) > 0", "id > 0"}
		for _, other := range []string{"a", "b", `"C d"`, "e"} {
			if has[other] != "" {
				look = append(look, fmt.Sprintf("id IN (SELECT o.id FROM app.%s o WHERE app.f(2) > 0)", other))
			}
		}
		for _, v := range views {
			look = append(look, fmt.Sprintf("EXISTS (SELECT FROM %s)", v))
		}
		fmt.Fprintf(&late, "CREATE POLICY \"p%d\" ON app.%s USING (%s);\n", i, on, oneOf(look...))
	}
	for i, from := range tables {
		to := tables[r.IntN(len(tables))]
		if !hasRows(from) && some(40) { // whose rows might have nothing to refer to
			fmt.Fprintf(&b, "ALTER TABLE app.%s ALTER id TYPE int; ALTER TABLE app.%s ALTER id TYPE int; ALTER TABLE app.%s ADD CONSTRAINT %s FOREIGN KEY (id) REFERENCES app.%s%s;\n",
				from, to, from, called(fmt.Sprintf("fk%d", i)), to, oneOf("", " ON DELETE CASCADE", " DEFERRABLE"))
		}
	}
	return b.String() + late.String()
}
