// Package workspace is what the providers of workspace things share: the SDK
// client, the explanation of its errors, the calls of a plan's steps and the
// waiting for what the platform does meanwhile.
//
// In go a profile or a host (or nothing: the SDK's own chain finds both) and
// [resource.Call]s; out come typed answers and errors that a user can act on.
// Apply decides nothing here: a call is sent as the plan has it, with its holes
// filled. The package knows no kind. SDK services are built one by one, since
// the SDK's root package compiles all of them.
package workspace
