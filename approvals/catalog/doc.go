// Package catalog reads catalog/*.yaml, what can be asked for: systems, their
// resources, and the levels of access to each. A level of a resource is an
// entitlement; its id is "resource:level" and stays the same for ever, as
// grants and history refer to it.
//
// What a system or resource says holds for everything below it that says
// nothing else. The catalogue loads whole or not at all, and every mistake is
// named with its file and line. Loading never widens what a file says: what
// is left out and cannot be inherited is a mistake, not a default.
package catalog
