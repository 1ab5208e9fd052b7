package cli

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// singleDash is a long flag as Terraform writes it. Parsed as a group of short
// flags, -out=p would silently mean something else.
var singleDash = regexp.MustCompile(`^-([A-Za-z][A-Za-z0-9-]+)(=.*)?$`)

// checkArguments refuses long flags with one dash, wherever they stand before
// a "--".
func checkArguments(root *cobra.Command, args []string) error {
	value := false // the last flag still waits for its value
	for _, arg := range args {
		if arg == "--" {
			return nil
		}
		m := singleDash.FindStringSubmatch(arg)
		if m == nil || value {
			value = takesValue(root, args, arg)
			continue
		}
		cmd := command(root, args)
		name := m[1]
		if cmd.Flags().Lookup(name) == nil && cmd.InheritedFlags().Lookup(name) == nil {
			if near := nearest(name, append(flagNames(cmd), "help")); near != "" {
				name = near
			}
		}
		return fail(fmt.Sprintf("%s has one dash, and a long flag has two", arg), "", "write --"+name+m[2])
	}
	return nil
}

// command is the one that the arguments call, as far as that can be told.
func command(root *cobra.Command, args []string) *cobra.Command {
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			continue
		}
		if c, _, err := root.Find([]string{a}); err == nil {
			return c
		}
		break
	}
	return root
}

func takesValue(root *cobra.Command, args []string, arg string) bool {
	name, ok := strings.CutPrefix(arg, "--")
	if !ok || strings.Contains(name, "=") {
		return false
	}
	cmd := command(root, args)
	f := cmd.Flags().Lookup(name)
	if f == nil {
		f = cmd.InheritedFlags().Lookup(name)
	}
	return f != nil && f.NoOptDefVal == ""
}

// nearest finds the candidate that was meant: the one with the fewest edits,
// if these are few for the length of the word; "" if there is none.
func nearest(word string, candidates []string) string {
	best, least := "", max(2, len(word)/3)+1
	for _, c := range candidates {
		d := distance(strings.ToLower(word), strings.ToLower(c))
		if strings.HasPrefix(c, word) && len(word) > 1 {
			d = min(d, 1)
		}
		if d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the edits that lead from a to b: a letter more, less,
// another, or two in the wrong order.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range y {
		d[0][j+1] = j + 1
	}
	for i := range x {
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			d[i+1][j+1] = min(d[i][j+1]+1, d[i+1][j]+1, d[i][j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}

// one is a cobra check for exactly one argument; what says which.
func one(what, example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 1:
			return nil
		case 0:
			return fail(cmd.CommandPath()+" needs "+what, "", "for example: "+example)
		default:
			return fail(fmt.Sprintf("%s takes one argument, and these are %d: %s", cmd.CommandPath(), len(args), strings.Join(args, " ")), "", "for example: "+example)
		}
	}
}

// oneOrTwo is a cobra check for one argument or two.
func oneOrTwo(what, example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 1, 2:
			return nil
		case 0:
			return fail(cmd.CommandPath()+" needs "+what, "", "for example: "+example)
		default:
			return fail(fmt.Sprintf("%s takes two arguments at most, and these are %d: %s", cmd.CommandPath(), len(args), strings.Join(args, " ")), "", "for example: "+example)
		}
	}
}

// none is a cobra check for no argument.
func none(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fail(fmt.Sprintf("%s takes no argument, and %q is one", cmd.CommandPath(), args[0]), "", cmd.CommandPath()+" --help shows how it is called")
	}
	return nil
}

// completeFiles completes files of some extensions.
func completeFiles(extensions ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}
