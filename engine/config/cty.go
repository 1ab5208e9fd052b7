package config

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Here is the border to cty. Only a value without holes crosses it, so that no
// function or operator ever sees a secret or a value that is not yet known.

const (
	// maxNodes bounds the elements of a value that is handed to a function,
	// and maxText a text that is built: locals can double a value forty times.
	maxNodes = 2_000_000
	maxText  = 16 << 20
	// maxBits bounds the magnitude of numbers: 1e600000000 is legal HCL.
	maxBits = 4096
)

var (
	errTooLarge = errors.New("the value is too large")
	errHole     = errors.New("the value is not known")
)

// thing is what a reference is on the other side of the border.
type thing struct{ value resource.Value }

var thingType = cty.CapsuleWithOps("reference", reflect.TypeFor[thing](), &cty.CapsuleOps{
	Equals: func(a, b any) cty.Value {
		return cty.BoolVal(a.(*thing).value.Equal(b.(*thing).value))
	},
	RawEquals: func(a, b any) bool { return a.(*thing).value.Equal(b.(*thing).value) },
	HashKey:   func(v any) string { x, _ := v.(*thing).value.Ref(); return x.String() },
	TypeGoString: func(reflect.Type) string {
		return "reference"
	},
})

func toCty(v resource.Value) (cty.Value, error) {
	n := maxNodes
	return toCtyN(v, &n)
}

func toCtyN(v resource.Value, n *int) (cty.Value, error) {
	if *n--; *n < 0 {
		return cty.NilVal, errTooLarge
	}
	switch v.Kind() {
	case resource.KindBool:
		return cty.BoolVal(v.Bool()), nil
	case resource.KindNumber:
		return cty.ParseNumberVal(v.Str())
	case resource.KindString:
		return cty.StringVal(v.Str()), nil
	case resource.KindRef:
		return cty.CapsuleVal(thingType, &thing{v}), nil
	case resource.KindTemplate:
		return cty.NilVal, errHole
	case resource.KindList:
		items := make([]cty.Value, 0, len(v.Items()))
		for _, x := range v.Items() {
			y, err := toCtyN(x, n)
			if err != nil {
				return cty.NilVal, err
			}
			items = append(items, y)
		}
		return cty.TupleVal(items), nil
	case resource.KindObject:
		fields := make(map[string]cty.Value, len(v.Fields()))
		for _, f := range v.Fields() {
			y, err := toCtyN(f.Value, n)
			if err != nil {
				return cty.NilVal, err
			}
			fields[f.Name] = y
		}
		return cty.ObjectVal(fields), nil
	default:
		return cty.NullVal(cty.DynamicPseudoType), nil
	}
}

// convertCty is cty's conversion. cty ends some impossible ones by a panic;
// here that is an error like another.
func convertCty(v cty.Value, t cty.Type) (out cty.Value, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("it cannot be made %s", article(friendly(t)))
		}
	}()
	return convert.Convert(v, t)
}

// fromCty takes a result back; the entries of maps come in the order of keys.
func fromCty(v cty.Value) (resource.Value, error) {
	n := maxNodes
	return fromCtyN(v, &n)
}

func fromCtyN(v cty.Value, n *int) (resource.Value, error) {
	if *n--; *n < 0 {
		return resource.Null(), errTooLarge
	}
	if v.IsMarked() || !v.IsKnown() {
		return resource.Null(), errHole
	}
	if v.IsNull() {
		return resource.Null(), nil
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		return resource.String(v.AsString()), nil
	case ty == cty.Bool:
		return resource.Bool(v.True()), nil
	case ty == cty.Number:
		return number(v.AsBigFloat())
	case ty.Equals(thingType):
		return v.EncapsulatedValue().(*thing).value, nil
	case ty.IsListType() || ty.IsSetType() || ty.IsTupleType():
		items := make([]resource.Value, 0, v.LengthInt())
		for it := v.ElementIterator(); it.Next(); {
			_, x := it.Element()
			y, err := fromCtyN(x, n)
			if err != nil {
				return resource.Null(), err
			}
			items = append(items, y)
		}
		return resource.List(items...), nil
	case ty.IsMapType() || ty.IsObjectType():
		fields := make([]resource.Field, 0, v.LengthInt())
		for it := v.ElementIterator(); it.Next(); {
			k, x := it.Element()
			y, err := fromCtyN(x, n)
			if err != nil {
				return resource.Null(), err
			}
			fields = append(fields, resource.F(k.AsString(), y))
		}
		return resource.Object(fields...), nil
	}
	return resource.Null(), fmt.Errorf("a value of type %s cannot stand here", v.Type().FriendlyName())
}

func number(f *big.Float) (resource.Value, error) {
	if f.IsInf() {
		return resource.Null(), errors.New("the result is infinite")
	}
	if f.MantExp(nil) > maxBits || f.MantExp(nil) < -maxBits {
		return resource.Null(), errors.New("the number is too large or too small")
	}
	if f.Sign() == 0 {
		return resource.Int(0), nil
	}
	if f.IsInt() {
		return resource.Number(f.Text('f', 0)), nil
	}
	return resource.Number(f.Text('f', -1)), nil
}
