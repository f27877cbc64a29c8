// Package awstest is an AWS organization with IAM Identity Center in this
// process, for tests of what speaks to it by AWS's own SDK.
//
// It speaks the SDK's protocols over HTTP, decodes each request strictly into
// the SDK's own types, and keeps to what real systems do and generic doubles
// forgive: assignments and provisioning are asynchronous and may fail, an
// account works on one role at a time, twenty requests a second and ten
// asynchronous calls are all there is, a deletion of what is missing fails with
// a 404 in its reason, principals that are unknown are refused, permission
// sets that change reach the accounts only when they are provisioned, and a
// session lives on until its time is up or a denial in its role's policy says
// otherwise.
//
// Time is the test's: nothing happens here while its clock stands, unless it is a
// Running one. The package
// must never be linked into the program.
package awstest
