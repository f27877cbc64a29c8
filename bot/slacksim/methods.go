package slacksim

// method holds Slack's own facts about a Web API method, and what this workspace does for it. The facts come from Slack's
// public method reference; a test holds them against a machine-readable copy of it.
type method struct {
	// scopes of which the bot token needs one. For conversations.* the scope depends on the kind of conversation, and the
	// call itself checks it.
	scopes   []string
	byKind   bool
	app      bool // takes the xapp- token, not the xoxb- one
	noToken  bool
	tier     int  // 1 to 4: 1, 20, 50, 100 calls a minute; 5: its own rule
	json     bool // reads a JSON body; otherwise such a body's arguments are not seen
	required []string
	errors   []string // what this workspace may answer, besides commonErrors
	call     func(*Workspace, *call) (object, error)
}

// commonErrors may come from every method, before its own work begins.
var commonErrors = []string{
	"not_authed", "invalid_auth", "not_allowed_token_type", "missing_scope", "ratelimited", "invalid_arguments", "internal_error",
	"unknown_method", "invalid_json", "json_not_object", "invalid_form_data", "invalid_post_type", "missing_post_type",
}

var (
	historyScopes = []string{"channels:history", "groups:history", "im:history", "mpim:history"}
	readScopes    = []string{"channels:read", "groups:read", "im:read", "mpim:read"}
	writeScopes   = []string{"channels:manage", "groups:write", "im:write", "mpim:write"}
	chatWrite     = []string{"chat:write"}
	triggerErrors = []string{"invalid_trigger_id", "expired_trigger_id", "exchanged_trigger_id"}
)

// methodTable is set in init because the calls it names refer back to it through the server.
var methodTable map[string]method

func init() {
	methodTable = map[string]method{
		"api.test":              {noToken: true, tier: 4, json: true, call: (*Workspace).apiTest},
		"auth.test":             {tier: 5, json: true, call: (*Workspace).authTest},
		"team.info":             {scopes: []string{"team:read"}, tier: 3, json: true, call: (*Workspace).teamInfo},
		"apps.connections.open": {app: true, scopes: []string{"connections:write"}, tier: 3, json: true, errors: []string{"forbidden_team"}, call: (*Workspace).connectionsOpen},

		"chat.postMessage": {
			scopes: chatWrite, tier: 5, json: true, required: []string{"channel"}, call: (*Workspace).postMessage,
			errors: []string{"channel_not_found", "not_in_channel", "is_archived", "no_text", "invalid_blocks", "invalid_blocks_format", "cannot_reply_to_message", "invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large", "too_many_attachments", "markdown_text_conflict", "restricted_action"},
		},
		"chat.update": {
			scopes: chatWrite, tier: 3, json: true, required: []string{"ts", "channel"}, call: (*Workspace).updateMessage,
			errors: []string{"channel_not_found", "message_not_found", "cant_update_message", "no_text", "msg_too_long", "invalid_blocks", "invalid_blocks_format", "invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large", "too_many_attachments", "markdown_text_conflict"},
		},
		"chat.postEphemeral": {
			scopes: chatWrite, tier: 4, json: true, required: []string{"user", "channel"}, call: (*Workspace).postEphemeral,
			errors: []string{"channel_not_found", "not_in_channel", "user_not_in_channel", "is_archived", "no_text", "msg_too_long", "invalid_blocks", "invalid_blocks_format", "cannot_reply_to_message", "too_many_attachments", "markdown_text_conflict"},
		},
		"chat.delete": {
			scopes: chatWrite, tier: 3, json: true, required: []string{"ts", "channel"}, call: (*Workspace).deleteMessage,
			errors: []string{"channel_not_found", "message_not_found", "cant_delete_message"},
		},
		"chat.getPermalink": {
			tier: 5, required: []string{"channel", "message_ts"}, call: (*Workspace).permalink,
			errors: []string{"channel_not_found", "message_not_found"},
		},

		"conversations.open": {
			scopes: writeScopes, byKind: true, tier: 3, json: true, call: (*Workspace).conversationsOpen,
			errors: []string{"channel_not_found", "users_list_not_supplied", "user_not_found", "user_not_visible", "user_disabled", "too_many_users", "method_not_supported_for_channel_type"},
		},
		"conversations.history": {
			scopes: historyScopes, byKind: true, tier: 3, json: true, required: []string{"channel"}, call: (*Workspace).conversationsHistory,
			errors: []string{"channel_not_found", "not_in_channel", "invalid_cursor", "invalid_ts_latest", "invalid_ts_oldest"},
		},
		"conversations.replies": {
			scopes: historyScopes, byKind: true, tier: 3, required: []string{"channel", "ts"}, call: (*Workspace).conversationsReplies,
			errors: []string{"channel_not_found", "thread_not_found", "invalid_cursor", "invalid_ts_latest", "invalid_ts_oldest"},
		},
		"conversations.info": {
			scopes: readScopes, byKind: true, tier: 3, required: []string{"channel"}, call: (*Workspace).conversationsInfo,
			errors: []string{"channel_not_found"},
		},
		"conversations.members": {
			scopes: readScopes, byKind: true, tier: 4, required: []string{"channel"}, call: (*Workspace).conversationsMembers,
			errors: []string{"channel_not_found", "invalid_cursor", "invalid_limit"},
		},

		"users.info":            {scopes: []string{"users:read"}, tier: 4, required: []string{"user"}, errors: []string{"user_not_found", "user_not_visible"}, call: (*Workspace).usersInfo},
		"users.list":            {scopes: []string{"users:read"}, tier: 2, errors: []string{"invalid_cursor", "limit_required"}, call: (*Workspace).usersList},
		"users.lookupByEmail":   {scopes: []string{"users:read.email"}, tier: 3, required: []string{"email"}, errors: []string{"users_not_found"}, call: (*Workspace).lookupByEmail},
		"usergroups.list":       {scopes: []string{"usergroups:read"}, tier: 2, errors: []string{"invalid_team"}, call: (*Workspace).usergroupsList},
		"usergroups.users.list": {scopes: []string{"usergroups:read"}, tier: 2, required: []string{"usergroup"}, errors: []string{"no_such_subteam"}, call: (*Workspace).usergroupMembers},

		"views.open":    {tier: 4, json: true, required: []string{"view"}, errors: append([]string{"view_too_large", "duplicate_external_id"}, triggerErrors...), call: (*Workspace).viewsOpen},
		"views.push":    {tier: 4, json: true, required: []string{"view"}, errors: append([]string{"view_too_large", "duplicate_external_id", "not_found", "push_limit_reached"}, triggerErrors...), call: (*Workspace).viewsPush},
		"views.update":  {tier: 4, json: true, required: []string{"view"}, errors: []string{"view_too_large", "duplicate_external_id", "not_found", "hash_conflict"}, call: (*Workspace).viewsUpdate},
		"views.publish": {tier: 4, json: true, required: []string{"user_id", "view"}, errors: []string{"view_too_large", "duplicate_external_id", "hash_conflict", "missing_profile_id"}, call: (*Workspace).viewsPublish},
	}
}
