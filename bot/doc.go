// Package bot is Hallpass in Slack: it receives what people write and click,
// understands it, hands it to approvals.Service, and delivers what the Service
// has to say.
//
// It decides nothing: who may do what is the Service's answer, on state that is
// read from the database. It trusts nothing in a payload but who sent it, and
// checks even that. It acknowledges nothing that is not stored, and no message
// leaves it but through the outbox or as the answer to one entry of the inbox.
package bot
