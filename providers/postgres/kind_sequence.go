package postgres

import "github.com/tellr-dev/tellr/engine/resource"

var sequenceSpec = spec{
	kind:      sequenceKind,
	normalize: normalizeSequence,
	steps:     sequenceSteps,
	stand:     standSequence,
	take:      takeSequence,
}

var sequenceKind = &resource.Kind{
	Name: "sequence",
	Doc: "A sequence that stands for itself. The sequence of a serial or identity column belongs to its table, and needs no " +
		"block of its own.",
	Order: orderSequence,
	Data:  true,
	Stage: resource.Database,
	Parts: []resource.KindPart{{Name: partOwnedBy, Order: orderOwnedBy, Stage: resource.Database}},
	Example: `sequence "invoice_number" {
  schema    = schema.app_data
  start     = 1000
  increment = 1
}
`,
	Attrs: append([]resource.Attr{
		movableSchemaAttr("sequence"),
		nameAttr("sequence"),
		qualifiedRenamedFromAttr("sequence"),
		{Name: "type", Type: resource.Text, Doc: "smallint, integer or bigint. Default: bigint."},
	}, append(sequenceOptions(),
		resource.Attr{
			Name: "owned_by", Type: resource.Text, Part: partOwnedBy,
			Doc: "Column with which the sequence is dropped: table.column in the same schema, or schema.table.column. Default: none.",
		},
		resource.Attr{
			Name: "unlogged", Type: resource.Flag,
			Doc: "Kept out of the write-ahead log, so that it begins anew after a crash; goes with an unlogged table. Default: false.",
		},
		commentAttr("sequence"),
		ownerAttr("sequence"),
	)...),
	Check: checkSequence,
}

// sequenceOptions are the rows that a sequence and an identity column share.
func sequenceOptions() []resource.Attr {
	return []resource.Attr{
		{Name: "start", Type: resource.Whole, Doc: "First value. Default: min when it counts up, max when it counts down."},
		{Name: "increment", Type: resource.Whole, Doc: "Step between two values; negative counts down. Default: 1."},
		{Name: "min", Type: resource.Whole, Doc: "Least value. Default: 1 when it counts up, else the type's least."},
		{Name: "max", Type: resource.Whole, Doc: "Greatest value. Default: the type's greatest when it counts up, else -1."},
		{Name: "cache", Type: resource.Whole, Doc: "Values that a session takes in one go. Default: 1."},
		{Name: "cycle", Type: resource.Flag, Doc: "Begin again after the last value. Default: false, then it is an error."},
	}
}
