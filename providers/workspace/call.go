package workspace

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
)

// busyFor is how long a call is repeated while another operation on the same
// thing is under way.
const busyFor = 10 * time.Minute

// lossesBorne is how often a call is repeated whose answer was lost.
const lossesBorne = 3

// Do sends a step's call and reads the answer into out, which may be nil. A
// call that is refused because another operation runs is repeated with growing
// pauses, as is one whose answer was lost: it may have had its effect, so a
// create must be ready to find its name taken, and a delete to find nothing. The error is the SDK's own: see [Explain].
func (c *Client) Do(ctx context.Context, call *resource.Call, fill resource.Fill, progress func(string), out any) error {
	path, err := Filled(call.Path, fill)
	if err != nil {
		return err
	}
	query := map[string]any{}
	for _, p := range call.Query {
		v, err := Filled(p.Value, fill)
		if err != nil {
			return err
		}
		query[p.Name] = plainText(v)
	}
	body, err := Filled(call.Body, fill)
	if err != nil {
		return err
	}
	var data any
	if !body.IsNull() {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("writing the body of %s %s: %w", call.Method, path.Str(), err)
		}
		data = b
	}
	headers := map[string]string{"Accept": "application/json", "Content-Type": "application/json"}
	begun, pause, losses := c.clock.Now(), 2*time.Second, 0
	for {
		err := c.api.Do(ctx, call.Method, path.Str(), headers, query, data, out)
		lost := isLost(err) && ctx.Err() == nil
		if err == nil || !lost && !IsBusy(err) || c.clock.Now().Sub(begun) > busyFor {
			return err
		}
		if lost {
			if losses++; losses > lossesBorne {
				return err
			}
		}
		if progress != nil {
			progress("trying again: " + err.Error())
		}
		if err := c.clock.Sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(pause*3/2, 30*time.Second)
	}
}

// Get asks for one thing by a path that no typed service knows.
func (c *Client) Get(ctx context.Context, path string, query map[string]any, out any) error {
	return c.api.Do(ctx, "GET", path, map[string]string{"Accept": "application/json"}, query, nil, out)
}

// Post sends bytes of some type of content.
func (c *Client) Post(ctx context.Context, path, contentType string, data []byte) error {
	headers := map[string]string{"Accept": "application/json", "Content-Type": contentType}
	return c.api.Do(ctx, "POST", path, headers, nil, data, nil)
}

// Filled replaces all holes of a value; the error is that of the first one
// that cannot be filled.
func Filled(v resource.Value, fill resource.Fill) (resource.Value, error) {
	var first error
	out := v.Fill(func(h resource.Hole) (resource.Value, bool) {
		if fill == nil {
			first = fmt.Errorf("%s is not known", h)
			return resource.Value{}, false
		}
		x, err := fill(h)
		if err != nil && first == nil {
			first = err
		}
		return x, err == nil
	})
	if first == nil && !out.Known() {
		first = fmt.Errorf("not all of %s is known", out.Show())
	}
	return out, first
}

func plainText(v resource.Value) string {
	if v.Kind() == resource.KindBool {
		return fmt.Sprint(v.Bool())
	}
	return v.Str()
}

// Sorted orders an object's fields by name, so that the bytes of a body do not
// depend on the order in a file.
func Sorted(v resource.Value) resource.Value {
	fields := slices.Clone(v.Fields())
	slices.SortFunc(fields, func(a, b resource.Field) int { return strings.Compare(a.Name, b.Name) })
	return resource.Object(fields...)
}
