package postgres

import (
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// movableSchemaAttr is schemaAttr for kinds that ALTER … SET SCHEMA moves.
func movableSchemaAttr(what string) resource.Attr {
	a := schemaAttr(what)
	a.Immutable, a.Reason = false, ""
	a.Doc += " Another one moves it there."
	return a
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
	at := parseFormer(v.Str(), "")
	if at.schema != "" {
		if err := identProblem(at.schema); err != nil {
			return err
		}
	}
	return identProblem(at.name)
}

// parseFormer reads a former name, with its schema or without. Unlike in SQL a name counts as it is written, as it does in
// name = "…"; one with a dot in it is written in double quotes.
func parseFormer(text, def string) place {
	first, rest := cutFormer(text)
	if !strings.HasPrefix(rest, ".") {
		return place{def, first}
	}
	second, _ := cutFormer(rest[1:])
	return place{first, second}
}

func cutFormer(text string) (name, rest string) {
	if strings.HasPrefix(text, `"`) {
		for i := 1; i < len(text); i++ {
			switch {
			case text[i] != '"':
			case i+1 < len(text) && text[i+1] == '"':
				i++
			default:
				return strings.ReplaceAll(text[1:i], `""`, `"`), text[i+1:]
			}
		}
	}
	if dot := strings.IndexByte(text, '.'); dot >= 0 {
		return text[:dot], text[dot:]
	}
	return text, ""
}
