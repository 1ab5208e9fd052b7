// Package apply runs a plan.
//
// In goes a plan and the providers; out come events and a result that says of
// each step whether it is done, was not started, or is in doubt. Apply decides
// nothing: it refuses a plan with blocked steps or one that the world has
// moved away from, then does the steps stage by stage, filling holes with what
// earlier steps yielded. It knows no kind, no SQL and no API.
package apply
