package understand

import "regexp"

// generic words name a kind of thing, never the thing: alone they fill nothing.
var generic = set("database", "cluster", "server", "service", "app", "application", "console", "account", "system", "host", "machine",
	"bucket", "queue", "repository", "project", "dashboard", "tool", "team", "data", "api", "web", "production", "staging", "development",
	"table", "environment", "env", "role", "portal", "site", "platform", "log", "cloud", "vpn", "secret", "user", "customer", "cache", "production")

// loose are generic words that say nothing about which thing is meant: a
// "console" is no other thing, a "cluster" is.
var loose = set("app", "application", "console", "account", "system", "tool", "team", "data", "environment", "env", "role", "platform",
	"site", "web", "portal", "user", "cloud", "customer", "log")

// levels are the words for how much one may do, after normal.
var levels = set("readonly", "readwrite", "admin", "only")

// environments are the words for where.
var environments = set("production", "staging", "development", "test", "sandbox", "qa", "uat", "preproduction", "nonproduction", "integration", "demo")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// links are words inside a name that need not be said.
var links = set("a", "an", "the", "of", "in", "to", "up", "as", "for", "on", "and")

// reaching are verbs that go before a thing and make no other of it.
var reaching = set("check", "checking", "open", "opening", "enter", "reach", "inspect", "query", "querying", "use", "using", "access", "see", "keep", "join")

// filler are words that ask, link or thank and mean nothing by themselves.
var filler = set("i", "i'd", "i'm", "i'll", "im", "id", "i've", "need", "needs", "needed", "please", "pls", "plz", "can", "could", "would", "may", "might",
	"you", "u", "give", "grant", "get", "have", "me", "us", "we", "my", "our", "access", "accesses", "to", "on", "for", "the", "a", "an", "of", "in",
	"into", "at", "with", "and", "also", "hi", "hiya", "hey", "hello", "hallpass", "thanks", "thank", "thx", "ty", "want", "wanna", "like", "some", "request",
	"requesting", "ask", "asking", "permission", "permissions", "level", "why", "reason", "longer", "another", "is", "it", "this", "that", "there", "be", "able", "let", "just",
	"only", "asap", "now", "right", "quick", "quickly", "temporary", "temporarily", "temp", "rights", "role", "via", "from", "how", "about",
	"up", "more", "so", "do", "or", "no", "not", "yes", "ok", "okay", "using", "use", "extend", "release", "done", "ticket",
	"cancel", "if", "possible", "until", "till", "til", "by", "tomorrow", "today", "am", "are", "s", "ll", "hmm", "uh", "um", "morning",
	"gotta", "someone", "somebody", "anyone", "both", "then", "plus", "kindly", "would", "myself", "jira", "incident", "case", "issue", "sorry", "wait",
	"actually", "oh", "instead", "rather", "meant", "mean", "make", "change", "i've", "as", "time", "time", "approve", "required", "require",
	"again", "anymore", "but", "urgent", "urgently", "emergency", "keep", "short", "full", "basic", "already", "still", "currently", "really", "too", "well", "soon", "once", "here", "maybe", "perhaps", "possibly", "each", "any", "he", "she", "they", "them", "him", "her",
	"going", "oops", "btw", "fyi", "through", "thru", "wondering", "thankyou", "cos", "been", "was", "were", "will", "should", "must", "which", "who", "when", "where",
	"wanted", "log", "bit", "one", "your", "am", "look", "see", "back", "what", "auf", "bitte", "für", "por", "hola", "zugriff", "necesito", "love", "appreciate", "require")

var (
	because = regexp.MustCompile(`(?i)\b(?:(?:because(?: of)?|bc|cuz|cos|coz|cause|since|as (?:i|we|they|he|she|it|the)|due to|in order to|so (?:that )?(?:i|we) (?:can|may))\b|reason\b(?: is)?\s*[:=-]?|why\s*:)\s*`)
	// timed is what "since" may lead to besides a reason.
	timed = regexp.MustCompile(`(?i)^\s*(?:\d|noon|midnight|yesterday|today|this|last|mon|tue|wed|thu|fri|sat|sun|then|around|about)`)
	// starts is what announces a reason, and is no part of it.
	starts  = regexp.MustCompile(`(?i)^(?:because(?: of)?|bc|cuz|cos|coz|cause|reason(?: is)?\s*[:=-]?|since|as|due to|in order to|so (?:that )?(?:i|we) (?:can|may)|why\s*:|to|for)\s+`)
	purpose = regexp.MustCompile(`(?i)\bto\s+([a-z]+)`)
	// beforeTo are words after which "to" leads to the thing, not to the reason.
	beforeTo = set("access", "in", "login", "log", "connect", "need", "want", "like", "have", "write", "read", "admin", "rights", "permission",
		"permissions", "on", "deploy", "push", "able", "going", "trying", "ssh", "up", "similar", "got", "back", "close", "prior", "allowed",
		"needs", "possible", "has", "love", "merge", "order", "due", "forgot", "promise")
	afterTo = set("the", "a", "an", "my", "our", "your", "their", "access", "have", "get", "be", "this", "that", "me", "use", "request")
	breaks  = regexp.MustCompile(`[,;:.!?\n()|–—]|\s-\s`)
	// and joins two wishes.
	joins = set("and", "also", "plus", "then", "or", "both")
	// calendar are words with a capital that name no person.
	calendar = regexp.MustCompile(`(?i)^(?:mon|tues|wednes|thurs|fri|satur|sun)day$|^(?:january|february|march|april|may|june|july|august|september|october|november|december)$`)
	// negates goes before what is not wanted.
	negates = set("not", "without", "don't", "dont", "no", "never")

	opening = regexp.MustCompile(`(?i)^\W*(?:(?:hi|hiya|hey|hello|yo|good (?:morning|afternoon|evening)|morning|dear)\b[\s,!.]*(?:(?:team|all|there|hallpass|folks|everyone|bot)\b[\s,!.]*)?)+(?:so\b)?`)
	closing = regexp.MustCompile(`(?i)[\s,.!]*\b(?:many thanks|thanks(?: a lot| so much| in advance)?|thank you(?: so much)?|cheers|ta|thx|ty|please|pls|plz)\b[\s,!.]*(?:[A-Z]?[a-z]+)?\W*$`)
	// aside are words before a story that do not belong to it.
	aside = regexp.MustCompile(`(?i)^(?:(?:ok(?:ay)?|so|well|long story short|basically|and|also|but|sorry|no wait|wait|actually|then|oh|that|no|hey|hi|hiya|oops|ooh|ah|btw|fyi|(?:access|rights) (?:for|to))\b[\s,]*)+`)
)
