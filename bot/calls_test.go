package bot_test

// callsAreSlacks fails the test when the bot called a method that Slack does
// not have, or sent an argument that the method does not take: Slack would say
// nothing of the latter.
func (w *world) callsAreSlacks() {
	w.t.Helper()
	for _, c := range w.Calls() {
		if c.Error == "unknown_method" || len(c.Unknown) > 0 {
			w.t.Errorf("the bot called %s with unknown arguments %q: %s", c.Method, c.Unknown, c.Error)
		}
	}
}
