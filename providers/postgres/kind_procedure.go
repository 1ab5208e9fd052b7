package postgres

import (
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

var procedureSpec = spec{
	kind:      procedureKind,
	declare:   declareRoutine,
	normalize: normalizeFunction,
	steps:     functionSteps,
	ask:       askFunction,
	stand:     standFunction,
	locate:    locateFunction,
	take:      takeFunction,
}

var procedureKind = &resource.Kind{
	Name:  "procedure",
	Doc:   "A procedure: called by CALL, and free to commit on its way. A changed body is replaced in place.",
	Order: orderFunction,
	Stage: resource.Database,
	Example: `procedure "archive" {
  schema    = schema.app_data
  arguments = ["before date", "INOUT moved bigint DEFAULT 0"]
  body      = <<-SQL
    BEGIN
      moved := moved + 1;
    END;
  SQL
}
`,
	Attrs: []resource.Attr{
		movableSchemaAttr("procedure"),
		nameAttr("procedure"),
		qualifiedRenamedFromAttr("procedure"),
		argumentsAttr("arguments", "Arguments as in CREATE PROCEDURE"),
		{Name: "language", Type: resource.Text, Doc: "sql, plpgsql, or another language that the database has. Default: plpgsql."},
		bodyAttr(),
		{Name: "security_definer", Type: resource.Flag, Doc: "Runs with the rights of its owner, not of the caller. Default: false."},
		{Name: "set", Type: resource.MapOf(resource.Text), Doc: `Settings while it runs, such as { search_path = "pg_catalog" }. Default: none.`},
		commentAttr("procedure"),
		ownerAttr("procedure"),
	},
	Check: checkFunction,
}

func bodyAttr() resource.Attr {
	return resource.Attr{
		Name: "body", Type: resource.Text, Required: true,
		Doc: "What stands between the dollar quotes, compared byte for byte; or, in language sql, RETURN expression or BEGIN ATOMIC … END, " +
			"which the server reads when it is made and keeps in its own form.",
	}
}

// decodeRoutine reads a function or a procedure.
func decodeRoutine(x *index, kind string, p place, attrs resource.Value) *function {
	f := decodeFunction(x, p, attrs)
	if kind == "procedure" {
		f.word, f.returns, f.returnsDeclared = "PROCEDURE", "", false
	}
	return f
}

// inputTypes are the types by which the catalog tells a function from its overloads, as far as that is known without it.
func inputTypes(args []argument) []string {
	out := []string{}
	for _, a := range args {
		if !a.isInput() {
			continue
		}
		typ, ok := staticBareType(a.typ)
		if !ok {
			typ = strings.Join(strings.Fields(a.typ), " ")
		}
		out = append(out, typ)
	}
	return out
}

// callArguments are those by which a function, procedure or aggregate is told from its overloads.
func callArguments(x *index, r *resource.Resource) []argument {
	args := x.arguments(r.Attrs.Get("arguments"))
	if r.Kind.Name == "aggregate" {
		return allArguments(args, x.arguments(r.Attrs.Get("order_by")))
	}
	return args
}

func standFunction(x *index, r *resource.Resource) {
	x.inItsSchema(r)
	p := x.places[r.Address]
	x.routines[p]++
	x.inSchema[p.schema] = append(x.inSchema[p.schema],
		madeObject{kind: onFunctions, name: madeSignature(x, r), routine: r.Kind.Name != "function"})
}

// madeSignature names a function that the configuration makes, as privileges name it.
func madeSignature(x *index, r *resource.Resource) string {
	return x.places[r.Address].name + "(" + strings.Join(inputTypes(callArguments(x, r)), ", ") + ")"
}

func locateFunction(x *index, r *resource.Resource) []resource.Field {
	fields := append(locateInSchema(x, r), resource.F("types", resource.Strings(inputTypes(callArguments(x, r))...)))
	if x.routines[x.places[r.Address]] == 1 {
		fields = append(fields, resource.F("sole", resource.Bool(true)))
	}
	return fields
}

func takeFunction(n *namespaces, r *resource.Resource) {
	at := n.index.places[r.Address]
	n.functions.take(at.String()+"("+strings.Join(inputTypes(callArguments(n.index, r)), ", ")+")", named(r))
}

func takeType(n *namespaces, r *resource.Resource) { n.types.take(n.of(r), named(r)) }
