// Package awsidc gives and takes access to AWS accounts through AWS IAM
// Identity Center: a permission set assigned to a user in an account, or
// membership in a group that is assigned already.
//
// The package must never create, change or delete a user, a group or a
// permission set, never touch a statement of a policy that is not its own, never say that access ended while a role session of it may still work,
// and never show what AWS says to a wrong signature, which quotes credentials.
//
// # Configuration
//
//	connectors:
//	  aws:
//	    kind: awsidc
//	    region: eu-central-1         # of the IAM Identity Center instance
//	    instance: arn:aws:sso:::instance/ssoins-…  # only where there are several
//	    account: userName            # the users' attribute that holds the grant's account: userName (default) or emails.value
//	    control: p-examplepolicyid   # the service control policy that end_sessions: scp writes
//	    replicas: 3                  # how many Hallpass processes share AWS's quotas; default 1
//
// Credentials come from where AWS's SDK finds them: a role of the machine, of
// the container, or the environment.
//
// # Target
//
//	target:
//	  account: "111122223333"      # its id, or its name
//	  permission_set: ReadOnly     # its name, or its ARN
//	  end_sessions: inline-policy  # or scp; optional
//
//	target:
//	  group: sre-readers           # its displayName; or group_id
//
// # Sessions
//
// AWS does not end role sessions with the assignment: they live for up to the
// permission set's session duration. By default the end is residual until
// then. With end_sessions: inline-policy a statement that denies everything to
// this user's sessions of before the end is put into the permission set's
// inline policy and provisioned before the assignment is removed, and lifted
// when the sessions have died. People who end at once share a statement. Its
// Sid says until when it stays, so that any replica can lift it, and somebody
// who reads the policy knows what it is. Where the policy is full, or may not
// be written, the end is residual.
//
// With end_sessions: scp the statement goes into one service control policy that
// an administrator has made and attached above the accounts. It is written at
// once for all of them and needs no provisioning, takes 5,120 bytes, and names the
// permission set's roles, since it holds for all. Where it is not attached above
// an account, and in the management account, which no such policy reaches, the
// end is residual.
//
// A denial's time lies up to two and a half minutes ahead, since a session may
// begin until the assignment is gone. Who has the same role in the same
// account by another way must sign in again after that time.
//
// # Quotas
//
// AWS takes 20 requests a second and 10 asynchronous calls at a time for the
// whole instance, and works on one role of an account at a time. The connector
// stays below that, divided by replicas, and keeps room for revocations.
//
// # Least privilege
//
// The role that Hallpass works as, in the management account or in that of the
// delegated administrator of IAM Identity Center, which may assign everywhere
// but in the management account:
//
//	{
//	  "Version": "2012-10-17",
//	  "Statement": [
//	    {
//	      "Sid": "Read",
//	      "Effect": "Allow",
//	      "Action": [
//	        "sso:ListInstances",
//	        "sso:ListPermissionSets",
//	        "sso:DescribePermissionSet",
//	        "sso:ListAccountAssignments",
//	        "sso:ListAccountAssignmentsForPrincipal",
//	        "sso:DescribeAccountAssignmentCreationStatus",
//	        "sso:DescribeAccountAssignmentDeletionStatus",
//	        "sso:DescribePermissionSetProvisioningStatus",
//	        "sso:GetInlinePolicyForPermissionSet",
//	        "identitystore:GetUserId",
//	        "identitystore:DescribeUser",
//	        "identitystore:GetGroupId",
//	        "identitystore:DescribeGroup",
//	        "identitystore:GetGroupMembershipId",
//	        "identitystore:ListGroupMemberships",
//	        "organizations:DescribeOrganization",
//	        "organizations:ListAccounts",
//	        "sts:GetCallerIdentity"
//	      ],
//	      "Resource": "*"
//	    },
//	    {
//	      "Sid": "Assign",
//	      "Effect": "Allow",
//	      "Action": ["sso:CreateAccountAssignment", "sso:DeleteAccountAssignment"],
//	      "Resource": "*"
//	    },
//	    {
//	      "Sid": "Groups",
//	      "Effect": "Allow",
//	      "Action": ["identitystore:CreateGroupMembership", "identitystore:DeleteGroupMembership"],
//	      "Resource": "*"
//	    },
//	    {
//	      "Sid": "EndSessions",
//	      "Effect": "Allow",
//	      "Action": [
//	        "sso:PutInlinePolicyToPermissionSet",
//	        "sso:DeleteInlinePolicyFromPermissionSet",
//	        "sso:ProvisionPermissionSet"
//	      ],
//	      "Resource": "*"
//	    },
//	    {
//	      "Sid": "EndSessionsByControl",
//	      "Effect": "Allow",
//	      "Action": [
//	        "organizations:DescribePolicy",
//	        "organizations:UpdatePolicy",
//	        "organizations:ListPoliciesForTarget",
//	        "organizations:ListParents"
//	      ],
//	      "Resource": "*"
//	    }
//	  ]
//	}
//
// Narrow organizations:UpdatePolicy to the ARN of the one policy: whoever may
// write it can lock people out. Leave out Assign, Groups, EndSessions or
// EndSessionsByControl where the catalogue does not use it, and narrow Assign and
// EndSessions to the permission sets and accounts that it names. Assigning a permission set for the first time in an account also
// needs what IAM Identity Center needs to make the role there
// (iam:CreateServiceLinkedRole is AWS's own to do; for the management account
// itself see its user guide).
package awsidc
