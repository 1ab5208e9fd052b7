package postgres

import "github.com/tellr-dev/tellr/engine/resource"

// movableSchemaAttr is schemaAttr for kinds that ALTER … SET SCHEMA moves.
func movableSchemaAttr(what string) resource.Attr {
	return resource.Attr{
		Name: "schema", Type: inSchema, Required: true,
		Doc: "Schema that the " + what + " stands in: a reference, or the name of a schema that this environment does not declare. " +
			"Another one moves it there.",
	}
}

// renamedFromAttr is the attribute by which a thing is found under its former name.
func renamedFromAttr(what string) resource.Attr {
	return resource.Attr{
		Name: "renamed_from", Type: resource.Text, Check: checkIdent, CreateOnly: true,
		Doc:    "Former name of the " + what + "; where that is still there, it is renamed. Default: none.",
		Reason: "says how to get there, not what is wanted",
	}
}

// qualifiedRenamedFromAttr is renamedFromAttr for what may have stood in another schema.
func qualifiedRenamedFromAttr(what string) resource.Attr {
	a := renamedFromAttr(what)
	a.Check = checkFormer
	a.Doc = "Former name of the " + what + ", with its schema if that was another one (\"old_schema.old_name\"); where that is still there, it is renamed and moved. Default: none."
	return a
}

func checkFormer(v resource.Value) error {
	if !v.Known() || v.Kind() == resource.KindRef {
		return nil
	}
	at := parsePlace(v.Str(), "")
	if at.schema != "" {
		if err := identProblem(at.schema); err != nil {
			return err
		}
	}
	return identProblem(at.name)
}
