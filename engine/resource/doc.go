// Package resource is the vocabulary that every floor of tellr shares: what a
// kind is ([Kind]), how a thing is named ([Address]), what its attributes hold
// ([Value]), what differs ([Change]), what is to be done ([Step]) and what
// happened ([Event]).
//
// Everything here is plain data and pure functions on it. The package knows no
// HCL, no SQL, no API and no printing, and it imports nothing of tellr.
package resource
