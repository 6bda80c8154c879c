/** Generated from an OpenAPI document: change that, not this. */

export interface Schemas {
  /** What the server knows of a record. Ignored in what is sent to it. */
  Meta: {
    /** Grows with every change. */
    version: number;
    created_at: string;
    modified_at: string;
    /** Who wrote this version, `user:` or `account:`; for those who may read every field. */
    modified_by?: string;
    /** The account that acted in that name. */
    actor?: string;
  };
  /** What became of each record of a list, in its order. */
  PushResults: {
    results: Array<Schemas["PushResult"]>;
  };
  PushResult: {
    /** Null where it has none that could be read. */
    id: number | string | null;
    status: "created" | "updated" | "unchanged" | "rejected";
    /** Why it was rejected. */
    violations?: Array<Schemas["Violation"]>;
  };
  Type: {
    /** As it stands in the paths of its records. */
    name: string;
    /** Its name in the singular, as it stands in changes. */
    object: string;
    /** What an id is. */
    key: "integer" | "string" | "uuid";
    description: string;
    /** JSON Schema (draft 2020-12) of a record's data, `id` aside. */
    schema: Record<string, unknown>;
    /** Null: the schema does not list them all. */
    fields: Array<string> | null;
    /** The fields that lists can be filtered and sorted by. */
    filters: Array<{
      field: string;
      /** What its values are, as far as the schema says. */
      kind: "string" | "number" | "boolean" | "any";
    }>;
    /** The fields that a text search looks in; empty: there is none. */
    search: Array<string>;
    /** The fields that those see who are granted no more. */
    public: Array<string>;
    /** Which type's records these belong to. */
    parent: {
      type: string;
      /** The field with the parent's id. */
      field: string;
    } | null;
    /** The fields by which its records are events of a calendar. */
    dates: {
      /** The field with its beginning. */
      start: string;
      /** The field with its end. */
      end: string | null;
      /** The field with what to call it. */
      summary: string | null;
      /** The field with where it is. */
      location: string | null;
    } | null;
    topics: {
      update: string;
      destroy: string;
      import: string;
    };
    /** What you may do with its records. */
    rights: Array<{
      action: "read" | "write" | "delete";
      /** Of at least one record; `id` always. */
      fields: "all" | Array<string>;
      /** False: of some records only. */
      every_record: boolean;
    }>;
  };
  /** The latest change of an object. */
  Change: {
    /** Grows with every change of the organisation. */
    sequence: number;
    topic:
      | "Accounts.Update"
      | "Users.Update"
      | "Receivers.Disable"
      | "Operations.Finish"
      | "WebMessages.Create"
      | "WebMessages.Destroy";
    action: "create" | "update" | "destroy" | "import" | "disable" | "finish";
    /** The singular name of its type, or one of the server's own. */
    object: "account" | "user" | "receiver" | "operation" | "webmessage";
    /** In the JSON type that the records' ids have. */
    id: number | string;
    /** Where to fetch it; what was removed has none. */
    url?: string;
    at: string;
    /** Who acted in somebody's name. */
    actor?: string;
  };
  ChangePage: {
    items: Array<Schemas["Change"]>;
    /** Goes into `since` next time, also when there are no items. */
    next_cursor: string;
  };
  Receiver: {
    id: string;
    name: string;
    /** http or https. */
    url: string;
    description: string;
    /** What it is sent: `Trainings.*` and `*` match several. There are: Accounts.Update, Users.Update, Receivers.Disable, Operations.Finish, WebMessages.Create, WebMessages.Destroy. `*` stands for those of the types. */
    topics: Array<string>;
    /** The account whose grants decide what it is sent; its id or its client id. */
    account_id: string;
    /** Bundled changes, one event per request, or CloudEvents 1.0 in structured JSON: one, or a batch of several. */
    format: "changes" | "event" | "cloudevents";
    /** Whether an event, or a CloudEvent, carries the record itself. */
    payload: "thin" | "full";
    /** The name of a schedule, or one of its own. */
    retry: "table" | "standard" | "persistent" | Schemas["RetrySchedule"];
    /** An e-mail address that is told when the receiver fails for long, and when it is switched off. */
    contact: string | null;
    /** One request at a time, in the order of the feed: one that fails holds up those behind it. */
    ordered: boolean;
    /** At most so many requests in each window. */
    rate: {
      requests: number;
      window: string;
    } | null;
    /** What becomes of changes while it is switched off: they go on merging and are sent afterwards, or are passed over. */
    while_disabled: "keep" | "drop";
    /** `v1`: HMAC with its secret. `v1a`: an ed25519 signature beside it, which its `public-key` is there to check. */
    signature: "v1" | "v1a";
    enabled: boolean;
    auth: Schemas["ShownReceiverAuth"];
    bundle: {
      quiet: string;
      longest: string;
      size: number;
    };
    /** Headers that its requests carry. */
    headers: Record<string, string>;
    /** What you want to keep with it. */
    metadata: Record<string, string>;
    /** Filter fields of a type, each with the values that are wanted. Of records that do not match it is not told; of one that did and does not any more it is told as a removal. */
    content_filter: Record<string, Array<string | number | boolean>>;
    tls: Schemas["ShownReceiverTls"] | null;
    /** Why it was switched off, where the server did it. */
    disabled_reason: string | null;
    disabled_at: string | null;
    /** Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409). */
    provisioned: boolean;
    /** Since when every attempt has failed. */
    failing_since: string | null;
    created_at: string;
    modified_at: string;
    deleted_at?: string;
  };
  /** The only answer that has the secret. */
  CreatedReceiver: {
    id: string;
    name: string;
    /** http or https. */
    url: string;
    description: string;
    /** What it is sent: `Trainings.*` and `*` match several. There are: Accounts.Update, Users.Update, Receivers.Disable, Operations.Finish, WebMessages.Create, WebMessages.Destroy. `*` stands for those of the types. */
    topics: Array<string>;
    /** The account whose grants decide what it is sent; its id or its client id. */
    account_id: string;
    /** Bundled changes, one event per request, or CloudEvents 1.0 in structured JSON: one, or a batch of several. */
    format: "changes" | "event" | "cloudevents";
    /** Whether an event, or a CloudEvent, carries the record itself. */
    payload: "thin" | "full";
    /** The name of a schedule, or one of its own. */
    retry: "table" | "standard" | "persistent" | Schemas["RetrySchedule"];
    /** An e-mail address that is told when the receiver fails for long, and when it is switched off. */
    contact: string | null;
    /** One request at a time, in the order of the feed: one that fails holds up those behind it. */
    ordered: boolean;
    /** At most so many requests in each window. */
    rate: {
      requests: number;
      window: string;
    } | null;
    /** What becomes of changes while it is switched off: they go on merging and are sent afterwards, or are passed over. */
    while_disabled: "keep" | "drop";
    /** `v1`: HMAC with its secret. `v1a`: an ed25519 signature beside it, which its `public-key` is there to check. */
    signature: "v1" | "v1a";
    enabled: boolean;
    auth: Schemas["ShownReceiverAuth"];
    bundle: {
      quiet: string;
      longest: string;
      size: number;
    };
    /** Headers that its requests carry. */
    headers: Record<string, string>;
    /** What you want to keep with it. */
    metadata: Record<string, string>;
    /** Filter fields of a type, each with the values that are wanted. Of records that do not match it is not told; of one that did and does not any more it is told as a removal. */
    content_filter: Record<string, Array<string | number | boolean>>;
    tls: Schemas["ShownReceiverTls"] | null;
    /** Why it was switched off, where the server did it. */
    disabled_reason: string | null;
    disabled_at: string | null;
    /** Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409). */
    provisioned: boolean;
    /** Since when every attempt has failed. */
    failing_since: string | null;
    created_at: string;
    modified_at: string;
    deleted_at?: string;
    /** What its requests are signed with (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64. */
    secret: string;
  };
  ReceiverInput: {
    name: string;
    /** http or https. */
    url: string;
    description?: string;
    /** What it is sent: `Trainings.*` and `*` match several. There are: Accounts.Update, Users.Update, Receivers.Disable, Operations.Finish, WebMessages.Create, WebMessages.Destroy. `*` stands for those of the types. */
    topics: Array<string>;
    /** The account whose grants decide what it is sent; its id or its client id. */
    account_id?: string;
    /** Bundled changes, one event per request, or CloudEvents 1.0 in structured JSON: one, or a batch of several. */
    format?: "changes" | "event" | "cloudevents";
    /** Whether an event, or a CloudEvent, carries the record itself. */
    payload?: "thin" | "full";
    /** The name of a schedule, or one of its own. */
    retry?: "table" | "standard" | "persistent" | Schemas["RetrySchedule"];
    /** An e-mail address that is told when the receiver fails for long, and when it is switched off. */
    contact?: string | null;
    /** One request at a time, in the order of the feed: one that fails holds up those behind it. */
    ordered?: boolean;
    /** At most so many requests in each window. */
    rate?: {
      requests: number;
      window: string;
    } | null;
    /** What becomes of changes while it is switched off: they go on merging and are sent afterwards, or are passed over. */
    while_disabled?: "keep" | "drop";
    /** `v1`: HMAC with its secret. `v1a`: an ed25519 signature beside it, which its `public-key` is there to check. */
    signature?: "v1" | "v1a";
    enabled?: boolean;
    auth?: Schemas["ReceiverAuth"];
    /** What its requests are signed with (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64. */
    secret?: string;
    content_filter?: Record<string, Array<string | number | boolean>> | null;
    tls?: Schemas["ReceiverTls"] | null;
    bundle?: {
      quiet?: string;
      longest?: string;
      size?: number;
    };
    /** Headers that its requests carry. */
    headers?: Record<string, string>;
    /** What you want to keep with it. */
    metadata?: Record<string, string>;
    /** Whether it is sent what there is already, too. */
    start?: "now" | "beginning";
  };
  ReceiverPatch: {
    name?: string;
    /** http or https. */
    url?: string;
    description?: string;
    /** What it is sent: `Trainings.*` and `*` match several. There are: Accounts.Update, Users.Update, Receivers.Disable, Operations.Finish, WebMessages.Create, WebMessages.Destroy. `*` stands for those of the types. */
    topics?: Array<string>;
    /** The account whose grants decide what it is sent; its id or its client id. */
    account_id?: string;
    /** Bundled changes, one event per request, or CloudEvents 1.0 in structured JSON: one, or a batch of several. */
    format?: "changes" | "event" | "cloudevents";
    /** Whether an event, or a CloudEvent, carries the record itself. */
    payload?: "thin" | "full";
    /** The name of a schedule, or one of its own. */
    retry?: "table" | "standard" | "persistent" | Schemas["RetrySchedule"];
    /** An e-mail address that is told when the receiver fails for long, and when it is switched off. */
    contact?: string | null;
    /** One request at a time, in the order of the feed: one that fails holds up those behind it. */
    ordered?: boolean;
    /** At most so many requests in each window. */
    rate?: {
      requests: number;
      window: string;
    } | null;
    /** What becomes of changes while it is switched off: they go on merging and are sent afterwards, or are passed over. */
    while_disabled?: "keep" | "drop";
    /** `v1`: HMAC with its secret. `v1a`: an ed25519 signature beside it, which its `public-key` is there to check. */
    signature?: "v1" | "v1a";
    enabled?: boolean;
    auth?: Schemas["ReceiverAuth"];
    /** What its requests are signed with (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64. */
    secret?: string;
    content_filter?: Record<string, Array<string | number | boolean>> | null;
    tls?: Schemas["ReceiverTls"] | null;
    bundle?: {
      quiet?: string | null;
      longest?: string | null;
      size?: number | null;
    };
    /** Those to set; null takes one away. */
    headers?: Record<string, string | null>;
    /** Those to set; null takes one away. */
    metadata?: Record<string, string | null>;
  };
  DetailedReceiver: {
    id: string;
    name: string;
    /** http or https. */
    url: string;
    description: string;
    /** What it is sent: `Trainings.*` and `*` match several. There are: Accounts.Update, Users.Update, Receivers.Disable, Operations.Finish, WebMessages.Create, WebMessages.Destroy. `*` stands for those of the types. */
    topics: Array<string>;
    /** The account whose grants decide what it is sent; its id or its client id. */
    account_id: string;
    /** Bundled changes, one event per request, or CloudEvents 1.0 in structured JSON: one, or a batch of several. */
    format: "changes" | "event" | "cloudevents";
    /** Whether an event, or a CloudEvent, carries the record itself. */
    payload: "thin" | "full";
    /** The name of a schedule, or one of its own. */
    retry: "table" | "standard" | "persistent" | Schemas["RetrySchedule"];
    /** An e-mail address that is told when the receiver fails for long, and when it is switched off. */
    contact: string | null;
    /** One request at a time, in the order of the feed: one that fails holds up those behind it. */
    ordered: boolean;
    /** At most so many requests in each window. */
    rate: {
      requests: number;
      window: string;
    } | null;
    /** What becomes of changes while it is switched off: they go on merging and are sent afterwards, or are passed over. */
    while_disabled: "keep" | "drop";
    /** `v1`: HMAC with its secret. `v1a`: an ed25519 signature beside it, which its `public-key` is there to check. */
    signature: "v1" | "v1a";
    enabled: boolean;
    auth: Schemas["ShownReceiverAuth"];
    bundle: {
      quiet: string;
      longest: string;
      size: number;
    };
    /** Headers that its requests carry. */
    headers: Record<string, string>;
    /** What you want to keep with it. */
    metadata: Record<string, string>;
    /** Filter fields of a type, each with the values that are wanted. Of records that do not match it is not told; of one that did and does not any more it is told as a removal. */
    content_filter: Record<string, Array<string | number | boolean>>;
    tls: Schemas["ShownReceiverTls"] | null;
    /** Why it was switched off, where the server did it. */
    disabled_reason: string | null;
    disabled_at: string | null;
    /** Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409). */
    provisioned: boolean;
    /** Since when every attempt has failed. */
    failing_since: string | null;
    created_at: string;
    modified_at: string;
    deleted_at?: string;
    health: Schemas["ReceiverHealth"] | null;
  };
  /** How it fares; null where that is not known. */
  ReceiverHealth: {
    /** Of its circuit breaker: while it is open, nothing is sent but a probe now and then. */
    state: "closed" | "open" | "half_open";
    /** Since the last success. */
    consecutive_failures: number;
    next_probe_at: string | null;
    /** Why nothing is sent though it is enabled, such as `account disabled`. */
    paused: string | null;
  };
  /** What came of a test. */
  ReceiverTest: {
    /** In the log. */
    delivery_id: string;
    status: "delivered" | "failed" | "delivering";
    status_code: number | null;
    /** The class of what went wrong, as in the log. */
    error: string | null;
    detail: string | null;
    /** The address that was spoken to. */
    address: string | null;
    duration_ms: number | null;
    /** What it answered, its first 16 KB. */
    response_body: string | null;
  };
  /** The only answer that has the new secret. */
  RotatedReceiver: {
    id: string;
    name: string;
    /** http or https. */
    url: string;
    description: string;
    /** What it is sent: `Trainings.*` and `*` match several. There are: Accounts.Update, Users.Update, Receivers.Disable, Operations.Finish, WebMessages.Create, WebMessages.Destroy. `*` stands for those of the types. */
    topics: Array<string>;
    /** The account whose grants decide what it is sent; its id or its client id. */
    account_id: string;
    /** Bundled changes, one event per request, or CloudEvents 1.0 in structured JSON: one, or a batch of several. */
    format: "changes" | "event" | "cloudevents";
    /** Whether an event, or a CloudEvent, carries the record itself. */
    payload: "thin" | "full";
    /** The name of a schedule, or one of its own. */
    retry: "table" | "standard" | "persistent" | Schemas["RetrySchedule"];
    /** An e-mail address that is told when the receiver fails for long, and when it is switched off. */
    contact: string | null;
    /** One request at a time, in the order of the feed: one that fails holds up those behind it. */
    ordered: boolean;
    /** At most so many requests in each window. */
    rate: {
      requests: number;
      window: string;
    } | null;
    /** What becomes of changes while it is switched off: they go on merging and are sent afterwards, or are passed over. */
    while_disabled: "keep" | "drop";
    /** `v1`: HMAC with its secret. `v1a`: an ed25519 signature beside it, which its `public-key` is there to check. */
    signature: "v1" | "v1a";
    enabled: boolean;
    auth: Schemas["ShownReceiverAuth"];
    bundle: {
      quiet: string;
      longest: string;
      size: number;
    };
    /** Headers that its requests carry. */
    headers: Record<string, string>;
    /** What you want to keep with it. */
    metadata: Record<string, string>;
    /** Filter fields of a type, each with the values that are wanted. Of records that do not match it is not told; of one that did and does not any more it is told as a removal. */
    content_filter: Record<string, Array<string | number | boolean>>;
    tls: Schemas["ShownReceiverTls"] | null;
    /** Why it was switched off, where the server did it. */
    disabled_reason: string | null;
    disabled_at: string | null;
    /** Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409). */
    provisioned: boolean;
    /** Since when every attempt has failed. */
    failing_since: string | null;
    created_at: string;
    modified_at: string;
    deleted_at?: string;
    /** What its requests are signed with (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64. */
    secret: string;
    /** Until when requests are signed with the secret before, too; null: not any more. */
    previous_until: string | null;
  };
  SecretRotation: {
    /** How long the secrets so far go on signing: `0s` to `7d`. A shorter one ends older ones, too. */
    overlap?: string;
    /** One of your own; without it, one is made. */
    secret?: string;
    /** Whether there is to be a new ed25519 key, too, with the same overlap. */
    signing_key?: boolean;
  };
  /** The newest key, and all that are in force while one replaces another. */
  ReceiverPublicKeys: {
    /** `whpk_` and the base64 of 32 bytes, as Standard Webhooks has it. */
    key: string;
    pem: string;
    /** All that sign now, the newest first. */
    keys: Array<{
      /** `whpk_` and the base64 of 32 bytes, as Standard Webhooks has it. */
      key: string;
      pem: string;
    }>;
  };
  /** Certificates of its own; for an https URL. */
  ReceiverTls: {
    /** PEM of the only authorities that may have signed its certificate. */
    ca?: string;
    /** PEM of the certificate that it is shown (mutual TLS), and of those that lead to its authority. */
    cert?: string;
    /** PEM of its private key. */
    key?: string;
  };
  /** Without the key. */
  ShownReceiverTls: {
    cert?: {
      subject: string;
      /** SHA-256. */
      fingerprint: string;
      expires_at: string;
    };
    ca?: Array<{
      subject: string;
      /** SHA-256. */
      fingerprint: string;
      expires_at: string;
    }>;
  };
  /** How its requests are authenticated beside the signature that all have. */
  ReceiverAuth:
    | {
        protocol: "none";
      }
    | {
        protocol: "websub";
        secret: string;
        method?: "sha1" | "sha256" | "sha384" | "sha512";
      }
    | {
        protocol: "oauth2";
        token_url: string;
        client_id: string;
        client_secret: string;
        scope?: string;
        audience?: string;
        /** Whether the client is named in the header or in the form (RFC 6749, 2.3.1). */
        client_auth?: "basic" | "post";
      }
    | {
        protocol: "basic";
        username: string;
        password: string;
      }
    | {
        protocol: "bearer";
        token: string;
      };
  /** Without its secrets. */
  ShownReceiverAuth: {
    protocol: "none" | "websub" | "oauth2" | "basic" | "bearer";
    method?: "sha1" | "sha256" | "sha384" | "sha512";
    username?: string;
    token_url?: string;
    client_id?: string;
    scope?: string;
    audience?: string;
    client_auth?: "basic" | "post";
  };
  /** The waits before the second, third, ... attempt. */
  RetrySchedule: {
    steps: Array<string>;
    /** After the last: give up, or repeat it for ever. */
    then?: "fail" | "repeat";
  };
  /** What a receiver can be made of. */
  ReceiverOptions: {
    topics: Array<{
      name: string;
      /** What it tells of, as changes name it. */
      object: string;
      /** What one must be allowed to read to be told. */
      resource: string;
    }>;
    types: Array<{
      name: string;
      object: string;
      key: "integer" | "string" | "uuid";
      /** What `content_filter` may name. */
      filters: Array<{
        field: string;
        kind: "string" | "number" | "boolean" | "any";
      }>;
    }>;
    retry_schedules: Array<{
      name: string;
      steps: Array<string>;
      then: "fail" | "repeat";
    }>;
    /** What holds where nothing is said. */
    defaults: {
      retry: string;
      bundle: {
        quiet: string;
        longest: string;
        size: number;
      };
      /** How long one attempt may take. */
      timeout: string;
    };
  };
  /** One webhook message to one receiver. */
  Delivery: {
    /** Also the `webhook-id` of its requests. */
    id: string;
    receiver_id: string;
    topics: Array<
      | "Accounts.Update"
      | "Users.Update"
      | "Receivers.Disable"
      | "Operations.Finish"
      | "WebMessages.Create"
      | "WebMessages.Destroy"
      | "Receivers.Test"
    >;
    status: "pending" | "delivering" | "delivered" | "retrying" | "failed" | "cancelled";
    /** What the receiver answered last. */
    status_code: number | null;
    /** Why the last attempt failed; null when it was delivered, or not tried yet. */
    error:
      | "dns"
      | "connect"
      | "tls"
      | "timeout"
      | "status"
      | "redirect"
      | "blocked"
      | "oauth"
      | "proxy"
      | "body"
      | "rights"
      | "split"
      | "superseded"
      | null;
    attempts: number;
    created_at: string;
    next_attempt_at: string | null;
  };
  /** A delivery with what was sent and every attempt. */
  DeliveryItem: {
    /** Also the `webhook-id` of its requests. */
    id: string;
    receiver_id: string;
    topics: Array<
      | "Accounts.Update"
      | "Users.Update"
      | "Receivers.Disable"
      | "Operations.Finish"
      | "WebMessages.Create"
      | "WebMessages.Destroy"
      | "Receivers.Test"
    >;
    status: "pending" | "delivering" | "delivered" | "retrying" | "failed" | "cancelled";
    /** What the receiver answered last. */
    status_code: number | null;
    /** Why the last attempt failed; null when it was delivered, or not tried yet. */
    error:
      | "dns"
      | "connect"
      | "tls"
      | "timeout"
      | "status"
      | "redirect"
      | "blocked"
      | "oauth"
      | "proxy"
      | "body"
      | "rights"
      | "split"
      | "superseded"
      | null;
    created_at: string;
    next_attempt_at: string | null;
    request_headers: Record<string, string>;
    /** The same on every attempt. */
    request_body: string;
    attempts: Array<Schemas["Attempt"]>;
  };
  Attempt: {
    number: number;
    at: string;
    duration_ms: number;
    status_code: number | null;
    /** The kind of trouble. `blocked`: the target is not one that requests may go to. `body`: the answer broke off. `rights`: the receiver's account may no longer read it. `split`, `superseded`: other deliveries took its place. */
    error:
      | "dns"
      | "connect"
      | "tls"
      | "timeout"
      | "status"
      | "redirect"
      | "blocked"
      | "oauth"
      | "proxy"
      | "body"
      | "rights"
      | "split"
      | "superseded"
      | null;
    /** What is known of the trouble. */
    detail: string | null;
    /** The address that was spoken to. */
    address: string | null;
    /** The beginning of the answer. */
    response_body: string | null;
  };
  /** A web message at a channel. */
  Publication: {
    id: string;
    /** Of the web message; it may have been removed. */
    message_id: string;
    /** The channel's name in the YAML. */
    channel: string;
    /** `pending`: it is tried, or will be. `unknown`: the server died while the channel was called, and the channel cannot be asked. */
    state: "pending" | "published" | "failed" | "unknown";
    /** What the channel calls the message: Open-E's messageID. */
    external_id: string | null;
    attempts: number;
    /** What the channel answered last. */
    status_code: number | null;
    /** Why the last attempt failed, in the words of deliveries, or `fault` (the channel said why not), `answer` (what it answered cannot be understood), `interrupted`, `internal`, `removed` (its message was). */
    error: string | null;
    /** What is known of that. */
    detail: string | null;
    created_at: string;
    changed_at: string;
    next_attempt_at: string | null;
  };
  PublicationItem: {
    id: string;
    /** Of the web message; it may have been removed. */
    message_id: string;
    /** The channel's name in the YAML. */
    channel: string;
    /** `pending`: it is tried, or will be. `unknown`: the server died while the channel was called, and the channel cannot be asked. */
    state: "pending" | "published" | "failed" | "unknown";
    /** What the channel calls the message: Open-E's messageID. */
    external_id: string | null;
    attempts: Array<{
      number: number;
      at: string;
      duration_ms: number;
      /** What the channel answered last. */
      status_code: number | null;
      /** Why the last attempt failed, in the words of deliveries, or `fault` (the channel said why not), `answer` (what it answered cannot be understood), `interrupted`, `internal`, `removed` (its message was). */
      error: string | null;
      /** What is known of that. */
      detail: string | null;
    }>;
    /** What the channel answered last. */
    status_code: number | null;
    /** Why the last attempt failed, in the words of deliveries, or `fault` (the channel said why not), `answer` (what it answered cannot be understood), `interrupted`, `internal`, `removed` (its message was). */
    error: string | null;
    /** What is known of that. */
    detail: string | null;
    created_at: string;
    changed_at: string;
    next_attempt_at: string | null;
  };
  Overview: {
    /** When it was so: at most a second ago. */
    at: string;
    /** The last 60 minutes, oldest first; the last one has yet to end. */
    minutes: Array<{
      /** When it began. */
      at: string;
      /** Attempts that were taken. */
      delivered: number;
      /** Attempts that failed. */
      failed: number;
      attempts: number;
      /** Half of the attempts took at most so long, to within a third; null: there were none. */
      p50_ms: number | null;
      /** 95 % of the attempts took at most so long, to within a third; null: there were none. */
      p95_ms: number | null;
    }>;
    totals: {
      /** Wait for their first attempt, counted up to 10000. */
      pending: number;
      /** Wait for another, counted up to 10000. */
      retrying: number;
      /** Given up in the last 24 hours (the first of them in part). */
      failed_24h: number;
      delivered_24h: number;
    };
    /** When the delivery is or was due that is due first; null: none waits. */
    oldest_due_at: string | null;
    receivers: Array<Schemas["OverviewReceiver"]>;
    /** The ten newest. */
    operations: Array<Schemas["Operation"]>;
    /** For the grant `system:read`. */
    database: {
      kind: "sqlite" | "postgres";
      bytes: number;
    } | null;
  };
  OverviewReceiver: {
    id: string;
    name: string;
    url: string;
    /** `open`: it fails and gets but a probe now and then. `disabled`: nothing is sent to it, also where its account may do nothing. `idle`: nothing waits, nothing was attempted in the last hour. */
    state: "healthy" | "failing" | "disabled" | "idle" | "open";
    /** Deliveries that are not at rest. */
    backlog: number;
    oldest_due_at: string | null;
    failing_since: string | null;
    last_delivered_at: string | null;
    /** Of the attempts of the last hour; null: there were none. */
    success_rate_1h: number | null;
  };
  /** What takes longer than a request. It goes on after a restart of the server. */
  Operation: {
    id: string;
    /** What it does, such as `receivers.recover`. */
    kind: string;
    status: "IN_PROGRESS" | "SUCCESS" | "ERROR";
    /** How it stands; of an error, the reason. */
    message: string;
    progress: {
      done: number;
      /** Null while it is not known. */
      total: number | null;
    };
    /** What it works on, such as `receiver`. */
    resource_type: string | null;
    /** The id of that. */
    resource_name: string | null;
    submitted_at: string;
    /** `account:CLIENT_ID`, `user:NAME` or `shell`. */
    submitted_by: string | null;
    last_updated_at: string;
    completed_at: string | null;
    /** What came of it, in the words of its kind. */
    result: Record<string, unknown> | null;
  };
  RecoverInput: {
    /** Made at that time or later: ISO 8601. */
    since: string;
    /** Made before that time; not given, before the request. */
    until?: string;
    status?: "failed" | "retrying" | "cancelled" | "delivered";
  };
  ResendInput: {
    /** The id of a receiver. */
    receiver?: string;
    /** A topic that it is about, or `Trainings.*`. */
    topic?: string;
    /** What an object of it is, such as `training`. */
    object?: string;
    /** The id of that object. */
    object_id?: string | number;
    status?: "failed" | "retrying" | "cancelled" | "delivered";
    status_code?: number;
    /** The kind of trouble, such as `timeout`. */
    error?: string;
    /** Made at that time or later: ISO 8601. */
    since?: string;
    /** Made before that time; not given, before the request. */
    until?: string;
  };
  Action: {
    name: string;
    description: string;
    /** JSON Schema of the input; null: it takes none. */
    input: Record<string, unknown> | null;
    run: "http" | "command";
    /** What a dry run does: it checks the input, or sends the request with the header of the dry run. */
    dry_run: "validate" | "pass";
    /** How long a run may take. */
    timeout_seconds: number;
    /** False: it is a command, and the server runs none. */
    enabled: boolean;
  };
  Schedule: {
    name: string;
    description: string;
    /** The action that it runs. */
    action: string | null;
    /** The chore of Koppla's own that it runs, where it is no action. */
    chore: string | null;
    /** Null: a chore that finds its times itself. */
    cron: string | null;
    /** The time zone of `cron`. */
    timezone: string | null;
    /** What becomes of times at which no server ran. */
    catch_up: "none" | "one" | null;
    enabled: boolean;
    /** The next times, five at most. */
    next_runs: Array<string>;
    /** The last run that is an operation, as long as that is kept. */
    last_run: {
      operation_id: string;
      /** Null: it was run by hand. */
      due_at: string | null;
      started_at: string;
      completed_at: string | null;
      status: "IN_PROGRESS" | "SUCCESS" | "ERROR";
      message: string;
    } | null;
    /** When a run was left out last: the one before was still under way, or too many waited. */
    skipped_at: string | null;
    /** Of a chore that finds its times itself: when this server did it last. */
    last_round_at: string | null;
  };
  /** What a message is about in somebody's system. `flowInstanceId` is the number of a case in Open-E. */
  ExternalReference: {
    key: string;
    value: string;
  };
  /** A message. Members that are not known are ignored. */
  NewWebMessage: {
    /** Whom it is for. */
    partyId: string;
    message?: string;
    externalReferences: Array<Schemas["ExternalReference"]>;
    attachments?: Array<{
      fileName: string;
      /** RFC 4648, section 4: no white space, no `-` and `_`; the padding may be left out. At most 10485760 bytes when decoded. */
      base64Data: string;
    }>;
    /** Which of the channel's instances is meant. */
    oepInstance?: string;
    sender?: {
      userId: string;
    };
  };
  WebMessageForm: {
    partyId: string;
    message?: string;
    /** A field for each, or one with the JSON of a list of them. */
    externalReferences: Array<Schemas["ExternalReference"]>;
    attachments?: Array<string>;
    /** Which of the channel's instances is meant. */
    oepInstance?: string;
    "sender.userId"?: string;
  };
  WebMessage: {
    id: string;
    partyId: string;
    message?: string;
    externalReferences: Array<Schemas["ExternalReference"]>;
    /** ISO 8601, in UTC. */
    created: string;
    /** With `include=publications` only. */
    publications?: Array<{
      channel: string;
      state: "pending" | "published" | "failed" | "unknown";
      at: string;
      /** What the channel calls it. */
      external_id: string | null;
    }>;
    attachments: Array<{
      fileName: string;
      base64Data: string;
      mimeType: string;
    }>;
  };
  /** What is wrong with a message, or with a path. */
  ConstraintViolation: {
    type: string;
    title: "Constraint Violation";
    status: 400;
    /** In order of field name. */
    violations: Array<Schemas["Violation"]>;
  };
  /** An error as the public service has it. */
  WebMessageProblem: {
    title: string;
    status: number;
    detail: string;
  };
  ListedWebMessage: {
    id: string;
    /** Whom it is for. */
    party_id: string;
    external_references: Array<Schemas["ExternalReference"]>;
    attachments: Array<{
      /** As it stands in the path of its bytes. */
      number: number;
      file_name: string;
      mime_type: string;
      /** Bytes. */
      size: number;
    }>;
    created_at: string;
    /** Who sent it, such as `account:CLIENT_ID`. */
    submitted_by: string | null;
    /** How it stands with its channels, for those who may read deliveries. */
    publications?: Array<{
      channel: string;
      state: "pending" | "published" | "failed" | "unknown";
      at: string;
      /** What the channel calls it. */
      external_id: string | null;
    }>;
    /** How its text begins. */
    excerpt: string | null;
  };
  WebMessageHead: {
    id: string;
    /** Whom it is for. */
    party_id: string;
    external_references: Array<Schemas["ExternalReference"]>;
    attachments: Array<{
      /** As it stands in the path of its bytes. */
      number: number;
      file_name: string;
      mime_type: string;
      /** Bytes. */
      size: number;
    }>;
    created_at: string;
    /** Who sent it, such as `account:CLIENT_ID`. */
    submitted_by: string | null;
    /** How it stands with its channels, for those who may read deliveries. */
    publications?: Array<{
      channel: string;
      state: "pending" | "published" | "failed" | "unknown";
      at: string;
      /** What the channel calls it. */
      external_id: string | null;
    }>;
    /** Its text. */
    message: string | null;
  };
  /** Something that was done, or denied. */
  AuditEvent: {
    /** 1, 2, 3, ... in the organisation. */
    sequence: number;
    at: string;
    /** What was done, such as `account.create`. */
    action: string;
    outcome: "success" | "denied";
    /** Who did it: `account:<client id>`, `user:<username>`, `shell` or `koppla`. */
    subject: string | null;
    /** The account that acted in the subject's name. */
    actor: string | null;
    /** The client id through which it was done. */
    client: string | null;
    /** To what it was done: `account:<client id>`, `receiver:<id>`, ... */
    target: string | null;
    /** From where. */
    address: string | null;
    /** The `x-request-id` of the answer. */
    request_id: string | null;
    /** What else is known. Never a secret. */
    detail: Record<string, unknown>;
    /** `base64url(SHA-256(hash of the event before + this event without hash, as canonical JSON (RFC 8785)))`. */
    hash: string;
  };
  AuditVerification: {
    /** An event whose hash was noted elsewhere: it must still be that. */
    known?: {
      sequence: number;
      hash: string;
    };
  };
  Account: {
    id: string;
    client_id: string;
    name: string;
    description: string;
    grants: Array<Schemas["Grant"]>;
    /** Addresses and networks (CIDR) that it is used from; none: from everywhere. */
    allowed_ips: Array<string>;
    /** From when on it is refused; null: never. */
    expires_at: string | null;
    /** Whether its access tokens must be bound to a key (RFC 9449); an API token alone is then no way in. */
    dpop: boolean;
    /** Where the authorize page may send people back to, compared letter by letter: https, or http on the loopback address. */
    redirect_uris: Array<string>;
    enabled: boolean;
    /** Whether a one-time code is asked for beside the API token. */
    totp: boolean;
    /** How its access tokens are. */
    token: {
      /** What its access tokens are: random text, or JWTs (RFC 9068). */
      kind: "opaque" | "jwt";
      /** How long one is good. */
      life: string;
      /** Whether its own logins are given refresh tokens, too, without TOTP. */
      refresh: boolean;
      /** The `aud` of JWTs. */
      audience?: string;
    };
    /** Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409). */
    provisioned: boolean;
    created_at: string;
    modified_at: string;
    deleted_at?: string;
    /** Its API tokens. */
    tokens: Array<Schemas["AccountToken"]>;
  };
  /** The only answer that has the secrets. */
  CreatedAccount: {
    id: string;
    client_id: string;
    name: string;
    description: string;
    grants: Array<Schemas["Grant"]>;
    /** Addresses and networks (CIDR) that it is used from; none: from everywhere. */
    allowed_ips: Array<string>;
    /** From when on it is refused; null: never. */
    expires_at: string | null;
    /** Whether its access tokens must be bound to a key (RFC 9449); an API token alone is then no way in. */
    dpop: boolean;
    /** Where the authorize page may send people back to, compared letter by letter: https, or http on the loopback address. */
    redirect_uris: Array<string>;
    enabled: boolean;
    totp: false | Schemas["TotpSecret"];
    /** The API token. No other answer has it. */
    token: string;
    /** Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409). */
    provisioned: boolean;
    created_at: string;
    modified_at: string;
    /** Its API tokens. */
    tokens: Array<Schemas["AccountToken"]>;
  };
  AccountInput: {
    name: string;
    description?: string;
    grants: Array<Schemas["Grant"]>;
    /** Addresses and networks (CIDR) that it is used from; none: from everywhere. */
    allowed_ips?: Array<string>;
    /** From when on it is refused; null: never. */
    expires_at?: string | null;
    /** Whether its access tokens must be bound to a key (RFC 9449); an API token alone is then no way in. */
    dpop?: boolean;
    /** Where the authorize page may send people back to, compared letter by letter: https, or http on the loopback address. */
    redirect_uris?: Array<string>;
    enabled?: boolean;
    /** How its access tokens are. */
    token?: {
      /** What its access tokens are: random text, or JWTs (RFC 9068). */
      kind?: "opaque" | "jwt";
      /** How long one is good. */
      life?: string;
      /** Whether its own logins are given refresh tokens, too, without TOTP. */
      refresh?: boolean;
      audience?: string | null;
    };
    /** Whether a one-time code is asked for beside the API token. */
    totp?: boolean;
  };
  AccountPatch: {
    name?: string;
    description?: string;
    grants?: Array<Schemas["Grant"]>;
    /** Addresses and networks (CIDR) that it is used from; none: from everywhere. */
    allowed_ips?: Array<string>;
    /** From when on it is refused; null: never. */
    expires_at?: string | null;
    /** Whether its access tokens must be bound to a key (RFC 9449); an API token alone is then no way in. */
    dpop?: boolean;
    /** Where the authorize page may send people back to, compared letter by letter: https, or http on the loopback address. */
    redirect_uris?: Array<string>;
    enabled?: boolean;
    /** How its access tokens are. */
    token?: {
      /** What its access tokens are: random text, or JWTs (RFC 9068). */
      kind?: "opaque" | "jwt";
      /** How long one is good. */
      life?: string;
      /** Whether its own logins are given refresh tokens, too, without TOTP. */
      refresh?: boolean;
      audience?: string | null;
    };
  };
  AccountToken: {
    id: string;
    label: string;
    /** Its last characters, to tell it from others. */
    last_four: string;
    created_at: string;
    expires_at: string | null;
    /** True to the minute. */
    last_used_at: string | null;
  };
  CreatedAccountToken: {
    id: string;
    label: string;
    /** Its last characters, to tell it from others. */
    last_four: string;
    created_at: string;
    expires_at: string | null;
    /** True to the minute. */
    last_used_at: string | null;
    /** The API token. No other answer has it. */
    token: string;
  };
  AccountTokenInput: {
    label?: string;
    expires_at?: string | null;
  };
  /** For an authenticator app. It is told this once. */
  TotpSecret: {
    /** Base32. */
    secret: string;
    /** What authenticator apps read. */
    otpauth_uri: string;
    /** The same as a QR code, an SVG image. */
    qr_svg: string;
  };
  ImpersonationPolicy: {
    id: string;
    /** Usernames. */
    users: Array<string>;
    /** Groups, whose members. */
    groups: Array<string>;
    /** The most that may be done. */
    scopes: Array<string>;
    /** How long such a token is good at most; 24h or less. */
    life: string;
    /** Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409). */
    provisioned: boolean;
    created_at: string;
  };
  ImpersonationPolicyInput: {
    /** Usernames. */
    users?: Array<string>;
    /** Groups, whose members. */
    groups?: Array<string>;
    /** The most that may be done. */
    scopes: Array<string>;
    /** How long such a token is good at most; 24h or less. */
    life?: string;
  };
  /** What grants can be made of. */
  AccountOptions: {
    resources: Array<{
      name: string;
      /** A type of the YAML, one of the server's own, or one of the YAML's actions. */
      kind: "type" | "server" | "action";
      actions: Array<"read" | "write" | "delete" | "run" | "manage">;
      /** What `where` may name. */
      filters: Array<{
        field: string;
        kind: "string" | "number" | "boolean" | "any";
      }>;
      /** What `fields` may name; null: its schema does not list them. */
      fields: Array<string> | null;
      /** The fields that `public` stands for. */
      public: Array<string>;
    }>;
  };
  /** What may be done: actions on a resource, on all of it or on a part. */
  Grant: {
    /** A type such as `trainings`, one of the server's own such as `receivers`, or `*` for all. */
    resource: string;
    actions: Array<"read" | "write" | "delete" | "run" | "manage" | "*">;
    /** Only records that have one of these values, for each of the type's filter fields that is named. */
    where?: Record<string, Array<string | number | boolean>>;
    /** Only these fields of them; `public`: those that the type calls so. Not given, all. */
    fields?: "all" | "public" | Array<string>;
  };
  Me: {
    organisation: {
      code: string;
      name: string;
    };
    subject: {
      kind: "account" | "user";
      id: string;
      /** Of an account. */
      client_id?: string;
      /** Of a user. */
      username?: string;
      name: string;
    };
    actor?: Schemas["Actor"];
    grants: Array<Schemas["Grant"]>;
  };
  /** Who acts in the subject's name, and who acts through that one (RFC 8693, 4.1). */
  Actor: {
    kind: "account";
    client_id: string;
    actor?: Schemas["Actor"];
  };
  Organisation: {
    code: string;
    name: string;
    /** Addresses and networks (CIDR) that it is used from; none: from everywhere. */
    allowed_ips: Array<string>;
    /** Websites whose pages may call the public data API: origins, such as `https://www.example.org`. */
    sites: Array<string>;
    /** Where people may be sent back to once they have an account: these addresses and what lies below them. */
    return_urls: Array<string>;
    /** Of its mails. */
    language: "sv" | "nl" | "fr" | "en";
    /** What its password may do: `read`, `write` and `delete`, of types (`*`: all of them) alone. */
    password_grants: Array<Schemas["Grant"]>;
    /** Whether it has one, for the paths that take `org` and `pw`. */
    password: boolean;
    /** Until when the one before is good, too. */
    previous_password_until: string | null;
    /** Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409). */
    provisioned: boolean;
    created_at: string;
  };
  OrganisationInput: {
    /** Of its logins and addresses. It stays for good. */
    code: string;
    name: string;
    /** Addresses and networks (CIDR) that it is used from; none: from everywhere. */
    allowed_ips?: Array<string>;
    /** Websites whose pages may call the public data API: origins, such as `https://www.example.org`. */
    sites?: Array<string>;
    /** Where people may be sent back to once they have an account: these addresses and what lies below them. */
    return_urls?: Array<string>;
    /** Of its mails. */
    language?: "sv" | "nl" | "fr" | "en";
    /** What its password may do: `read`, `write` and `delete`, of types (`*`: all of them) alone. */
    password_grants?: Array<Schemas["Grant"]>;
  };
  OrganisationPatch: {
    name?: string;
    /** Addresses and networks (CIDR) that it is used from; none: from everywhere. */
    allowed_ips?: Array<string>;
    /** Websites whose pages may call the public data API: origins, such as `https://www.example.org`. */
    sites?: Array<string>;
    /** Where people may be sent back to once they have an account: these addresses and what lies below them. */
    return_urls?: Array<string>;
    /** Of its mails. */
    language?: "sv" | "nl" | "fr" | "en";
    /** What its password may do: `read`, `write` and `delete`, of types (`*`: all of them) alone. */
    password_grants?: Array<Schemas["Grant"]>;
  };
  OrganisationPasswordInput: {
    password: string | null;
    /** How long the one before stays good; 90d or less. */
    overlap?: string;
  };
  System: {
    version: string;
    started_at: string;
    /** The name of the machine. */
    node: string;
    public_url: string;
    database: {
      kind: "sqlite" | "postgres";
      bytes: number;
      /** Of the write-ahead log beside it; null on PostgreSQL. */
      wal_bytes: number | null;
      migrations: Array<{
        name: string;
        applied_at: string;
      }>;
      /** The newest migration that this version knows. */
      newest: string | null;
    };
    keys: {
      key_file: string;
      /** Those that sign access tokens, oldest first. */
      signing: Array<{
        kid: string;
        created_at: string;
        /** `next`: shown, and signs later. `retired`: shown while its tokens are good. */
        state: "next" | "active" | "retired";
      }>;
    };
    backups: {
      last_at: string | null;
      last_ok: boolean | null;
      /** The last run, where it has failed and no backup was made since. */
      last_failure: {
        at: string;
        reason: string;
      } | null;
      path: string | null;
      schedule: string | null;
    };
    runtime: {
      bun: string;
      memory_bytes: number;
      pid: number;
      uptime_seconds: number;
    };
  };
  SystemCheck: {
    /** Such as `disk`. */
    name: string;
    status: "ok" | "warning" | "error" | "skipped";
    /** What was found. */
    message: string;
    /** How to mend it. */
    remedy?: string;
    took_ms: number;
  };
  Setting: {
    /** Such as `server.listen`. */
    path: string;
    /** As it is written in YAML. Secrets are masked. */
    value: unknown;
    source: {
      kind: "default" | "file" | "environment" | "secret_file";
      /** The place in the configuration: file, line and column. */
      at?: string;
      /** The variables of the environment that it is made of. */
      variable?: string;
    };
    description: string;
    /** Whether a change needs a restart; else `koppla reload` takes it. */
    restart: boolean;
  };
  User: {
    id: string;
    /** Letters, digits and `. _ @ + -`. Upper and lower case are the same. It stays for good. */
    username: string;
    email: string;
    name: string;
    /** What it may do: roles of the configuration. You can give those whose grants you have. */
    roles: Array<string>;
    /** Groups that it belongs to, for policies of impersonation. */
    groups: Array<string>;
    /** When its reader last showed, by a key that was mailed there, that the address is his. */
    email_verified_at: string | null;
    /** Whether a login asks for a one-time code. */
    totp: boolean;
    enabled: boolean;
    /** Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409). */
    provisioned: boolean;
    created_at: string;
    modified_at: string;
    last_login_at: string | null;
  };
  UserInput: {
    /** Letters, digits and `. _ @ + -`. Upper and lower case are the same. It stays for good. */
    username: string;
    email: string;
    name?: string;
    /** What it may do: roles of the configuration. You can give those whose grants you have. */
    roles?: Array<string>;
    /** Groups that it belongs to, for policies of impersonation. */
    groups?: Array<string>;
    /** At least 12 characters, at most 1000 bytes. */
    password?: string;
    totp?: boolean;
  };
  UserPatch: {
    email?: string;
    name?: string;
    /** What it may do: roles of the configuration. You can give those whose grants you have. */
    roles?: Array<string>;
    /** Groups that it belongs to, for policies of impersonation. */
    groups?: Array<string>;
  };
  CreatedUser: {
    id: string;
    /** Letters, digits and `. _ @ + -`. Upper and lower case are the same. It stays for good. */
    username: string;
    email: string;
    name: string;
    /** What it may do: roles of the configuration. You can give those whose grants you have. */
    roles: Array<string>;
    /** Groups that it belongs to, for policies of impersonation. */
    groups: Array<string>;
    /** When its reader last showed, by a key that was mailed there, that the address is his. */
    email_verified_at: string | null;
    totp: false | Schemas["TotpSecret"];
    enabled: boolean;
    /** Whether koppla.yaml keeps it: then it is changed there alone, and here that is a conflict (409). */
    provisioned: boolean;
    created_at: string;
    modified_at: string;
    last_login_at: string | null;
  };
  NewPassword: {
    /** At least 12 characters, at most 1000 bytes. */
    password: string;
    /** What it was; required to change one's own. */
    current_password?: string;
  };
  /** What people who have it may do. */
  Role: {
    name: string;
    /** There without the configuration saying so. */
    built_in: boolean;
    grants: Array<Schemas["Grant"]>;
    /** Whether the caller may give it to somebody. */
    may_give: boolean;
  };
  Session: {
    kind: "user" | "portal";
    /** Whose it is; null in the portal. */
    user: {
      id: string;
      username: string;
      name: string;
      email: string;
      roles: Array<string>;
      language: "sv" | "nl" | "fr" | "en" | null;
      /** Whether a login asks for a one-time code. */
      totp: boolean;
    } | null;
    /** Whose portal it is; null for a person. */
    account: {
      id: string;
      name: string;
      client_id: string;
    } | null;
    /** That which is looked at. */
    organisation: {
      code: string;
      name: string;
    };
    /** Those that may be looked at. */
    organisations: Array<{
      code: string;
      name: string;
    }>;
    /** Looks after all organisations. */
    superadministrator: boolean;
    grants: Array<Schemas["Grant"]>;
    /** When it ends in any case. */
    expires_at: string;
    /** It ends before when it was not used for so long. */
    idle_seconds: number;
    /** By which a request asks to be tried out; null where the server knows of none. */
    dry_run_header: string | null;
  };
  SessionInput: {
    /** The code of the organisation. */
    organisation: string;
    username: string;
    password: string;
    /** A one-time code of the authenticator app. */
    totp?: string;
  };
  SessionPatch: {
    name?: string;
    language?: "sv" | "nl" | "fr" | "en" | null;
  };
  OwnPassword: {
    current: string;
    /** At least 12 characters, at most 1000 bytes. */
    new: string;
  };
  TotpEnrolment: {
    password: string;
  };
  EnrolledTotp: {
    /** Base32. */
    secret: string;
    /** What authenticator apps read. */
    otpauth_uri: string;
    /** The same as a QR code, an SVG image. */
    qr: string;
  };
  TotpConfirmation: {
    /** A one-time code of the authenticator app. */
    code: string;
  };
  TotpRemoval: {
    password: string;
    /** A one-time code of the authenticator app. */
    code: string;
  };
  SetupNeeded: {
    /** Nobody can log in who looks after the whole server. */
    needed: boolean;
  };
  SetupInput: {
    /** What stands behind the `#` of the link. */
    token: string;
    /** That of the administrator; with a name it is made where it is not there. */
    organisation: {
      code: string;
      name?: string;
    };
    username: string;
    name?: string;
    email: string;
    /** At least 12 characters, at most 1000 bytes. */
    password: string;
  };
  PortalToken: {
    /** What stands behind the `#` of the link. */
    token: string;
  };
  PortalLink: {
    id: string;
    label: string;
    created_at: string;
    /** Who handed it out, as the audit log names him. */
    created_by: string | null;
    expires_at: string;
    /** When it was last opened. */
    last_used_at: string | null;
  };
  CreatedPortalLink: {
    id: string;
    label: string;
    created_at: string;
    /** Who handed it out, as the audit log names him. */
    created_by: string | null;
    expires_at: string;
    /** When it was last opened. */
    last_used_at: string | null;
    /** Told once. */
    url: string;
  };
  PortalLinkInput: {
    /** For whom it is. */
    label?: string;
    /** How long it is good, a duration of at most `90d`. */
    expires_in?: string;
  };
  Mail: {
    id: string;
    /** What it is about: `account` (a login key), or `notice`. */
    kind: string;
    recipient: string;
    /** Empty while it has not been written. */
    subject: string;
    status: "queued" | "sent" | "failed";
    attempts: number;
    created_at: string;
    /** When the mail server took it, or it was given up. */
    ended_at: string | null;
    /** What the last attempt met. */
    error: string | null;
  };
  TokenRequest: {
    /** How the token is asked for. */
    grant_type:
      | "client_credentials"
      | "refresh_token"
      | "authorization_code"
      | "urn:ietf:params:oauth:grant-type:token-exchange";
    /** `resource:action`, separated by spaces. Not given: everything that may be had. */
    scope?: string;
    /** The one-time code of an account that has TOTP. */
    totp?: string;
    /** With `refresh_token`. It is good once: the answer has the next one. */
    refresh_token?: string;
    /** With `authorization_code`: what the authorize page gave. It is good once. */
    code?: string;
    /** With `authorization_code`: as in the authorization request. */
    redirect_uri?: string;
    /** With `authorization_code`: PKCE (RFC 7636), S256. */
    code_verifier?: string;
    /** With token exchange: in whose name to act, a username or the user's access token. */
    subject_token?: string;
    /** What `subject_token` is. */
    subject_token_type?: "urn:koppla:token-type:username" | "urn:ietf:params:oauth:token-type:access_token";
    /** What is asked for. */
    requested_token_type?: "urn:ietf:params:oauth:token-type:access_token";
    /** With token exchange: the account's own access token, in place of `totp`. */
    actor_token?: string;
    /** What `actor_token` is. */
    actor_token_type?: "urn:ietf:params:oauth:token-type:access_token";
    /** The account's client id, where the client does not authenticate by HTTP Basic. */
    client_id?: string;
    /** One of the account's API tokens, with `client_id`. */
    client_secret?: string;
  };
  TokenAnswer: {
    /** For `Authorization: Bearer`, or `Authorization: DPoP`. */
    access_token: string;
    token_type: "Bearer" | "DPoP";
    /** Seconds. */
    expires_in: number;
    /** What it may do at most. */
    scope: string;
    /** Where the API is. */
    base_url: string;
    /** For the next token. */
    refresh_token?: string;
    /** Seconds that the refresh token is good for. */
    refresh_expires_in?: number;
    /** With token exchange. */
    issued_token_type?: "urn:ietf:params:oauth:token-type:access_token";
  };
  TokenForm: {
    /** An access token or a refresh token. */
    token: string;
    /** Not needed: a token tells what it is. */
    token_type_hint?: string;
    /** The account's client id, where the client does not authenticate by HTTP Basic. */
    client_id?: string;
    /** One of the account's API tokens, with `client_id`. */
    client_secret?: string;
  };
  /** An error of the token server. */
  OAuthError: {
    /** Of RFC 6749, 5.2, RFC 8693 and RFC 9449. */
    error:
      | "invalid_request"
      | "invalid_client"
      | "invalid_grant"
      | "invalid_scope"
      | "invalid_target"
      | "invalid_dpop_proof"
      | "unauthorized_client"
      | "unsupported_grant_type"
      | "temporarily_unavailable";
    /** For the client's developer. */
    error_description: string;
  };
  Introspection: {
    /** Whether it is good, and yours to ask about. */
    active: boolean;
    /** What it may do now. */
    scope?: string;
    /** The client it was given to. */
    client_id?: string;
    /** The person it speaks for. */
    username?: string;
    token_type?: "Bearer" | "DPoP";
    /** Seconds since 1970. */
    exp?: number;
    /** Seconds since 1970. */
    iat?: number;
    /** The client id of the account, or the id of the person. */
    sub?: string;
    /** The server that it is meant for. */
    aud?: string;
    /** The token server. */
    iss?: string;
    act?: Schemas["Act"];
    cnf?: {
      /** Thumbprint of the key that it is bound to. */
      jkt: string;
    };
  };
  /** Who acts in the person's name, and within it who acts through that one (RFC 8693, 4.1). */
  Act: {
    /** The client id of the account that acts. */
    sub: string;
    act?: Schemas["Act"];
  };
  KeySet: {
    keys: Array<{
      kty: "EC";
      crv: "P-256";
      x: string;
      y: string;
      kid: string;
      alg: "ES256";
      use: "sig";
    }>;
  };
  AuthorizationServer: {
    issuer: string;
    authorization_endpoint: string;
    token_endpoint: string;
    token_endpoint_auth_methods_supported: Array<string>;
    revocation_endpoint: string;
    revocation_endpoint_auth_methods_supported: Array<string>;
    introspection_endpoint: string;
    introspection_endpoint_auth_methods_supported: Array<string>;
    jwks_uri: string;
    grant_types_supported: Array<string>;
    response_types_supported: Array<string>;
    response_modes_supported: Array<string>;
    code_challenge_methods_supported: Array<string>;
    authorization_response_iss_parameter_supported: boolean;
    dpop_signing_alg_values_supported: Array<string>;
    ui_locales_supported: Array<string>;
    service_documentation: string;
  };
  /** Changes of different objects: of each what happened to it last. */
  ChangesBundle: {
    changes: Array<{
      action: "create" | "update" | "destroy" | "import" | "disable" | "finish";
      /** The singular name of its type, or one of the server's own. */
      object: "account" | "user" | "receiver" | "operation" | "webmessage";
      /** In the JSON type that the records' ids have. */
      id: number | string;
      /** Where to fetch it; what was removed has none. */
      url?: string;
    }>;
  };
  /** One change. */
  Event: {
    /** The same on every attempt, and the `webhook-id`. */
    id: string;
    topic:
      | "Accounts.Update"
      | "Users.Update"
      | "Receivers.Disable"
      | "Operations.Finish"
      | "WebMessages.Create"
      | "WebMessages.Destroy";
    /** When it changed. */
    timestamp: string;
    /** The code of the organisation. */
    organisation: string;
    /** The singular name of its type, or one of the server's own. */
    object: "account" | "user" | "receiver" | "operation" | "webmessage";
    /** In the JSON type that the records' ids have. */
    object_id: number | string;
    /** Where to fetch it; what was removed has none. */
    url?: string;
    /** Its place in the feed of changes. */
    sequence: number;
    /** Who acted in somebody's name. */
    actor?: string;
    /** The record, where the receiver's `payload` is `full`. */
    data?: Record<string, unknown>;
  };
  /** CloudEvents 1.0: one change. */
  CloudEvent: {
    specversion: "1.0";
    /** The `webhook-id`, `-` and its place in the batch. */
    id: string;
    /** This server and the organisation's code. */
    source: string;
    type:
      | "Accounts.Update"
      | "Users.Update"
      | "Receivers.Disable"
      | "Operations.Finish"
      | "WebMessages.Create"
      | "WebMessages.Destroy";
    /** The object and its id. */
    subject: string;
    /** When it changed. */
    time: string;
    datacontenttype: "application/json";
    data: {
      /** The singular name of its type, or one of the server's own. */
      object: "account" | "user" | "receiver" | "operation" | "webmessage";
      /** In the JSON type that the records' ids have. */
      object_id: number | string;
      /** Where to fetch it; what was removed has none. */
      url?: string;
      /** Its place in the feed of changes. */
      sequence: number;
      /** Who acted in somebody's name. */
      actor?: string;
      /** The record, where the receiver's `payload` is `full`. */
      data?: Record<string, unknown>;
    };
  };
  /** An error, RFC 9457. */
  Problem: {
    type: string;
    /** The kind of problem, the same for all of its kind. */
    title: string;
    /** The HTTP status. */
    status: number;
    /** What is wrong with this request. */
    detail: string;
    /** Names the request in the server's log. */
    instance: string;
    /** The kind of problem, for programs. */
    code:
      | "malformed"
      | "unauthorized"
      | "totp_required"
      | "forbidden"
      | "not_found"
      | "method_not_allowed"
      | "timeout"
      | "conflict"
      | "precondition_failed"
      | "too_large"
      | "unsupported_media_type"
      | "invalid"
      | "too_many_requests"
      | "internal"
      | "unavailable"
      | "storage_full";
    violations?: Array<Schemas["Violation"]>;
  };
  /** One part of the input that is wrong. */
  Violation: {
    /** Such as `address.city`, `[3].name` or `filter[city]`; empty for the whole. */
    field: string;
    message: string;
  };
}

/** The records of each type: as they are read, and as they are written. */
export interface Types {}

/** What each operation takes (`path`, `query`, `body`), and what it answers when it is well (`answer`). */
export interface Operations {
  /** Whether the process is up */
  getHealth: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: {
      status: "ok";
    };
  };
  /** Whether requests can be served: the database is there, current and writable */
  getReadiness: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: {
      status: "ok";
    };
  };
  /** The OpenAPI document */
  getOpenApiJson: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Record<string, unknown>;
  };
  /** The OpenAPI document, in YAML */
  getOpenApiYaml: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** The OpenAPI document, to read and to try out */
  getDocs: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** The caller: organisation, account, grants */
  getMe: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Me"];
  };
  /** Which types there are, and what you may do with them */
  listTypes: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["Type"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Changes since a cursor */
  getChanges: {
    path: Record<string, never>;
    query: {
      /** `beginning`, `now`, a sequence, or the `next_cursor` of an earlier answer. Without it, from the beginning. */
      since?: string;
      /** Those only: topics separated by commas; `Trainings.*` matches several, `*` those of all types. */
      topics?: string;
      /** Seconds to wait for a change where there is none. */
      wait?: number;
      /** How many at most. */
      limit?: number;
    };
    body: undefined;
    answer: Schemas["ChangePage"];
  };
  /** Changes as server-sent events */
  streamChanges: {
    path: Record<string, never>;
    query: {
      /** `beginning`, `now`, a sequence, or the `next_cursor` of an earlier answer. Without it, from now on. */
      since?: string;
      /** Those only: topics separated by commas; `Trainings.*` matches several, `*` those of all types. */
      topics?: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** What a receiver can be made of */
  getReceiverOptions: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["ReceiverOptions"];
  };
  /** Receivers, in order of creation */
  listReceivers: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
      /** With those that were removed. */
      include?: "deleted";
      /** Words, each of which is part of the name, the URL, the description or the id; case and accents are not told apart. A page looks at 5000 at most: it can be short, or empty, and still have a `next_cursor`. */
      search?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["Receiver"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Make a receiver */
  createReceiver: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["ReceiverInput"];
    answer: Schemas["CreatedReceiver"];
  };
  /** One receiver */
  getReceiver: {
    path: {
      /** The id of a receiver. */
      id: string;
    };
    query: {
      /** With those that were removed. */
      include?: "deleted";
    };
    body: undefined;
    answer: Schemas["DetailedReceiver"];
  };
  /** Change a receiver */
  changeReceiver: {
    path: {
      /** The id of a receiver. */
      id: string;
    };
    query: Record<string, never>;
    body: Schemas["ReceiverPatch"];
    answer: Schemas["Receiver"];
  };
  /** Remove a receiver */
  removeReceiver: {
    path: {
      /** The id of a receiver. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** Switch a receiver on */
  enableReceiver: {
    path: {
      /** The id of a receiver. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Receiver"];
  };
  /** Switch a receiver off */
  disableReceiver: {
    path: {
      /** The id of a receiver. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Receiver"];
  };
  /** Send a receiver a test */
  testReceiver: {
    path: {
      /** The id of a receiver. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["ReceiverTest"];
  };
  /** Give a receiver a new secret */
  rotateReceiverSecret: {
    path: {
      /** The id of a receiver. */
      id: string;
    };
    query: Record<string, never>;
    body: Schemas["SecretRotation"];
    answer: Schemas["RotatedReceiver"];
  };
  /** What a receiver's ed25519 signatures are checked with */
  getReceiverPublicKey: {
    path: {
      /** The id of a receiver. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["ReceiverPublicKeys"];
  };
  /** The webhook log, newest first */
  listDeliveries: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
      /** The id of a receiver. */
      receiver?: string;
      /** A topic that it is about; `Trainings.*` is each that begins so. */
      topic?: string;
      /** What it is about: the name that changes have for a type's records, or `account`. */
      object?: string;
      /** With `object`: the id of the one that it is about. */
      object_id?: string;
      /** Its status. */
      status?: "pending" | "delivering" | "delivered" | "retrying" | "failed" | "cancelled";
      /** What the receiver answered last. */
      status_code?: number;
      /** Why its last attempt failed. */
      error?:
        | "dns"
        | "connect"
        | "tls"
        | "timeout"
        | "status"
        | "redirect"
        | "blocked"
        | "oauth"
        | "proxy"
        | "body"
        | "rights"
        | "split"
        | "superseded";
      /** Made at that time or later: ISO 8601, in UTC unless it says otherwise. */
      since?: string;
      /** Made before that time. */
      until?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["Delivery"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** One delivery, with its body and what came of each attempt */
  getDelivery: {
    path: {
      /** The id of a delivery. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["DeliveryItem"];
  };
  /** Send a delivery again */
  resendDelivery: {
    path: {
      /** The id of a delivery. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Delivery"];
  };
  /** What was published at channels, newest first */
  listPublications: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
      /** The name of a channel. */
      channel?: string;
      /** Its state. */
      state?: "pending" | "published" | "failed" | "unknown";
      /** The id of a web message. */
      message?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["Publication"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** One publication, with what came of each attempt */
  getPublication: {
    path: {
      /** The id of a publication. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["PublicationItem"];
  };
  /** Publish a message once more */
  resendPublication: {
    path: {
      /** The id of a publication. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Publication"];
  };
  /** How deliveries fare */
  getOverview: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Overview"];
  };
  /** How deliveries fare, as server-sent events */
  streamOverview: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** The server: version, database, keys, backups */
  getSystem: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["System"];
  };
  /** The settings in effect, and where each comes from */
  getSystemSettings: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: {
      items: Array<Schemas["Setting"]>;
    };
  };
  /** What is or will be wrong, and how to mend it */
  getSystemChecks: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: {
      items: Array<Schemas["SystemCheck"]>;
    };
  };
  /** Operations, newest first */
  listOperations: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
      /** How it stands. */
      status?: "IN_PROGRESS" | "SUCCESS" | "ERROR";
      /** What it does, such as `trainings.import`. */
      kind?: string;
      /** What it works on, such as `receiver`. */
      resource_type?: string;
      /** The id or name of that. */
      resource_name?: string;
      /** Who asked for it, such as `user:anna`. */
      submitted_by?: string;
      /** Submitted then or later: ISO 8601. */
      since?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["Operation"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** One operation: how it stands */
  getOperation: {
    path: {
      /** The id of an operation. */
      id: string;
    };
    query: {
      /** Seconds to wait for its end. */
      wait?: number;
    };
    body: undefined;
    answer: Schemas["Operation"];
  };
  /** One operation as server-sent events: how far it has come */
  streamOperation: {
    path: {
      /** The id of an operation. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** Cancel an operation */
  cancelOperation: {
    path: {
      /** The id of an operation. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Operation"];
  };
  /** Send a receiver again what failed */
  recoverReceiver: {
    path: {
      /** The id of a receiver. */
      id: string;
    };
    query: Record<string, never>;
    body: Schemas["RecoverInput"];
    answer: Schemas["Operation"];
  };
  /** Send many deliveries again */
  resendDeliveries: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["ResendInput"];
    answer: Schemas["Operation"];
  };
  /** What you may run */
  listActions: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["Action"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Run an action */
  runAction: {
    path: {
      /** The name of an action. */
      name: string;
    };
    query: Record<string, never>;
    body: unknown;
    answer: Schemas["Operation"];
  };
  /** What runs by the clock */
  listSchedules: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["Schedule"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** One schedule */
  getSchedule: {
    path: {
      /** The name of a schedule. */
      name: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Schedule"];
  };
  /** Run a schedule now */
  runSchedule: {
    path: {
      /** The name of a schedule. */
      name: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Operation"];
  };
  /** What grants can be made of */
  getAccountOptions: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["AccountOptions"];
  };
  /** Accounts, in order of creation */
  listAccounts: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
      /** With those that were deleted. */
      include?: "deleted";
      /** Words, each of which is part of the name, the client id, the description or the id; case and accents are not told apart. A page looks at 5000 at most: it can be short, or empty, and still have a `next_cursor`. */
      search?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["Account"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Make an account */
  createAccount: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["AccountInput"];
    answer: Schemas["CreatedAccount"];
  };
  /** One account, by its id or client id */
  getAccount: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: {
      /** With those that were deleted. */
      include?: "deleted";
    };
    body: undefined;
    answer: Schemas["Account"];
  };
  /** Change an account */
  changeAccount: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: Schemas["AccountPatch"];
    answer: Schemas["Account"];
  };
  /** Delete an account */
  deleteAccount: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** Switch an account on */
  enableAccount: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Account"];
  };
  /** Switch an account off */
  disableAccount: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Account"];
  };
  /** An account's API tokens */
  listAccountTokens: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: {
      items: Array<Schemas["AccountToken"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Make a further API token */
  createAccountToken: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: Schemas["AccountTokenInput"];
    answer: Schemas["CreatedAccountToken"];
  };
  /** Revoke an API token */
  revokeAccountToken: {
    path: {
      /** The id or the client id of an account. */
      id: string;
      /** The id of an API token. */
      tokenId: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** Ask an account for one-time codes, or give it another secret */
  setAccountTotp: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["TotpSecret"];
  };
  /** Ask an account for codes no longer */
  removeAccountTotp: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** In whose name an account may act */
  listImpersonationPolicies: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: {
      items: Array<Schemas["ImpersonationPolicy"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Let an account act in the name of users */
  createImpersonationPolicy: {
    path: {
      /** The id or the client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: Schemas["ImpersonationPolicyInput"];
    answer: Schemas["ImpersonationPolicy"];
  };
  /** Remove an impersonation policy */
  removeImpersonationPolicy: {
    path: {
      /** The id or the client id of an account. */
      id: string;
      /** The id of an impersonation policy. */
      policyId: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** The caller's own organisation */
  listOrganisations: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["Organisation"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Make an organisation */
  createOrganisation: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["OrganisationInput"];
    answer: Schemas["Organisation"];
  };
  /** An organisation, by its code */
  getOrganisation: {
    path: {
      /** The code of the caller's own organisation. */
      code: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Organisation"];
  };
  /** Change an organisation */
  changeOrganisation: {
    path: {
      /** The code of the caller's own organisation. */
      code: string;
    };
    query: Record<string, never>;
    body: Schemas["OrganisationPatch"];
    answer: Schemas["Organisation"];
  };
  /** Set an organisation's password */
  setOrganisationPassword: {
    path: {
      /** The code of the caller's own organisation. */
      code: string;
    };
    query: Record<string, never>;
    body: Schemas["OrganisationPasswordInput"];
    answer: Schemas["Organisation"];
  };
  /** An access token */
  getToken: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["TokenAnswer"];
  };
  /** The end of a token */
  revokeToken: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** Whether a token is good, and what for */
  introspectToken: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Introspection"];
  };
  /** The keys that sign access tokens */
  getSigningKeys: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["KeySet"];
  };
  /** What the token server can do */
  getAuthorizationServer: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["AuthorizationServer"];
  };
  /** Check that the audit log is what was written */
  verifyAuditLog: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["AuditVerification"];
    answer: Schemas["Operation"];
  };
  /** The audit log, newest first */
  listAuditEvents: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
      /** Who did it. */
      subject?: string;
      /** What was done; `account.*` is everything that begins so. */
      action?: string;
      /** To what it was done. */
      target?: string;
      /** Whether it was done. */
      outcome?: "success" | "denied";
      /** At that time or later: ISO 8601, in UTC unless it says otherwise. */
      since?: string;
      /** Before that time. */
      until?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["AuditEvent"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Users, in order of creation */
  listUsers: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
      /** Words, each of which is part of the username, the name, the e-mail address or the id; case and accents are not told apart. A page looks at 5000 at most: it can be short, or empty, and still have a `next_cursor`. */
      search?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["User"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Make a user */
  createUser: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["UserInput"];
    answer: Schemas["CreatedUser"];
  };
  /** One user */
  getUser: {
    path: {
      /** The id of a user. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["User"];
  };
  /** Change a user */
  changeUser: {
    path: {
      /** The id of a user. */
      id: string;
    };
    query: Record<string, never>;
    body: Schemas["UserPatch"];
    answer: Schemas["User"];
  };
  /** Delete a user */
  deleteUser: {
    path: {
      /** The id of a user. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** Let a user log in again */
  enableUser: {
    path: {
      /** The id of a user. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["User"];
  };
  /** Lock a user out */
  disableUser: {
    path: {
      /** The id of a user. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["User"];
  };
  /** Set a password */
  setUserPassword: {
    path: {
      /** The id of a user. */
      id: string;
    };
    query: Record<string, never>;
    body: Schemas["NewPassword"];
    answer: undefined;
  };
  /** Switch TOTP on, or give a new secret */
  resetUserTotp: {
    path: {
      /** The id of a user. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["TotpSecret"];
  };
  /** Switch TOTP off */
  removeUserTotp: {
    path: {
      /** The id of a user. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** Whether there is no superadministrator yet */
  getSetup: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["SetupNeeded"];
  };
  /** Make the first superadministrator */
  setUp: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["SetupInput"];
    answer: Schemas["Session"];
  };
  /** The roles that there are */
  listRoles: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: {
      items: Array<Schemas["Role"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** The session that the cookie stands for */
  getSession: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Session"];
  };
  /** Log in */
  createSession: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["SessionInput"];
    answer: Schemas["Session"];
  };
  /** Change one's own name or language */
  changeSession: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["SessionPatch"];
    answer: Schemas["Session"];
  };
  /** Log out */
  deleteSession: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** Change one's own password */
  setSessionPassword: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["OwnPassword"];
    answer: undefined;
  };
  /** Get a secret for one-time codes */
  enrolSessionTotp: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["TotpEnrolment"];
    answer: Schemas["EnrolledTotp"];
  };
  /** Ask for no code any more */
  removeSessionTotp: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["TotpRemoval"];
    answer: undefined;
  };
  /** Ask for a code at each login from now on */
  confirmSessionTotp: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["TotpConfirmation"];
    answer: undefined;
  };
  /** Enter an account's portal by a link */
  createPortalSession: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["PortalToken"];
    answer: Schemas["Session"];
  };
  /** Links to an account's portal */
  listPortalLinks: {
    path: {
      /** The id or client id of an account. */
      id: string;
    };
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["PortalLink"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Hand out a link to an account's portal */
  createPortalLink: {
    path: {
      /** The id or client id of an account. */
      id: string;
    };
    query: Record<string, never>;
    body: Schemas["PortalLinkInput"];
    answer: Schemas["CreatedPortalLink"];
  };
  /** Take a link to an account's portal back */
  revokePortalLink: {
    path: {
      /** The id or client id of an account. */
      id: string;
      /** The id of a link. */
      link: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** The log of mails, newest first */
  listMails: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
      /** Those alone. */
      status?: "queued" | "sent" | "failed";
      /** Those to this address alone, in any case. */
      recipient?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["Mail"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** Messages, newest first */
  listWebMessages: {
    path: Record<string, never>;
    query: {
      /** How many at most. */
      limit?: number;
      /** The `next_cursor` of the page before; filters and order must be the same. */
      cursor?: string;
      /** Those of a party only. */
      party?: string;
      /** Those only that have this reference: `KEY:VALUE`, not with `party`. */
      reference?: string;
    };
    body: undefined;
    answer: {
      items: Array<Schemas["ListedWebMessage"]>;
      /** Goes into `cursor` for the next page; null at the end. */
      next_cursor: string | null;
    };
  };
  /** One message without the bytes of its attachments */
  getWebMessageHead: {
    path: {
      /** The id of a message. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["WebMessageHead"];
  };
  /** Send a message to a party */
  createWebMessage: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: Schemas["NewWebMessage"];
    answer: undefined;
  };
  /** One message */
  getWebMessageById: {
    path: {
      /** The id of a message. */
      id: string;
    };
    query: {
      /** How it stands with its channels. */
      include?: "publications";
    };
    body: undefined;
    answer: Schemas["WebMessage"];
  };
  /** Remove a message with its attachments */
  deleteWebMessageById: {
    path: {
      /** The id of a message. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** All messages of a party, in order of creation */
  getWebMessagesByPartyId: {
    path: {
      /** The id of a party. */
      partyId: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Array<Schemas["WebMessage"]>;
  };
  /** All messages with a reference, in order of creation */
  getWebMessagesByExternalReference: {
    path: {
      /** Of a reference. */
      key: string;
      /** Of a reference. */
      value: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Array<Schemas["WebMessage"]>;
  };
  /** An attachment as it is */
  getWebMessageAttachment: {
    path: {
      /** The id of a message. */
      id: string;
      /** Which one, from 0. */
      number: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** All messages of a party as a file */
  exportParty: {
    path: {
      /** The id of a party. */
      partyId: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Operation"];
  };
  /** Remove all messages of a party */
  eraseParty: {
    path: {
      /** The id of a party. */
      partyId: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: Schemas["Operation"];
  };
  /** What an export has made */
  getPartyExport: {
    path: {
      /** The id of the operation that made it. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: {
      partyId: string;
      messages: Array<Schemas["WebMessage"]>;
    };
  };
  /** The OpenAPI document of the public data API, in YAML */
  getPublicOpenApi: {
    path: Record<string, never>;
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** What an import has refused */
  getImportErrors: {
    path: {
      /** The id of an import. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** The file that an export has made */
  getOperationFile: {
    path: {
      /** The id of an export. */
      id: string;
    };
    query: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
}

/** Where each operation is. */
export const routes = {
  getHealth: ["GET", "/healthz"],
  getReadiness: ["GET", "/readyz"],
  getOpenApiJson: ["GET", "/openapi.json"],
  getOpenApiYaml: ["GET", "/openapi.yaml"],
  getDocs: ["GET", "/docs"],
  getMe: ["GET", "/api/v1/me"],
  listTypes: ["GET", "/api/v1/types"],
  getChanges: ["GET", "/api/v1/changes"],
  streamChanges: ["GET", "/api/v1/changes/stream"],
  getReceiverOptions: ["GET", "/api/v1/receivers/options"],
  listReceivers: ["GET", "/api/v1/receivers"],
  createReceiver: ["POST", "/api/v1/receivers"],
  getReceiver: ["GET", "/api/v1/receivers/{id}"],
  changeReceiver: ["PATCH", "/api/v1/receivers/{id}"],
  removeReceiver: ["DELETE", "/api/v1/receivers/{id}"],
  enableReceiver: ["POST", "/api/v1/receivers/{id}/enable"],
  disableReceiver: ["POST", "/api/v1/receivers/{id}/disable"],
  testReceiver: ["POST", "/api/v1/receivers/{id}/test"],
  rotateReceiverSecret: ["POST", "/api/v1/receivers/{id}/rotate-secret"],
  getReceiverPublicKey: ["GET", "/api/v1/receivers/{id}/public-key"],
  listDeliveries: ["GET", "/api/v1/deliveries"],
  getDelivery: ["GET", "/api/v1/deliveries/{id}"],
  resendDelivery: ["POST", "/api/v1/deliveries/{id}/resend"],
  listPublications: ["GET", "/api/v1/publications"],
  getPublication: ["GET", "/api/v1/publications/{id}"],
  resendPublication: ["POST", "/api/v1/publications/{id}/resend"],
  getOverview: ["GET", "/api/v1/overview"],
  streamOverview: ["GET", "/api/v1/overview/stream"],
  getSystem: ["GET", "/api/v1/system"],
  getSystemSettings: ["GET", "/api/v1/system/settings"],
  getSystemChecks: ["GET", "/api/v1/system/checks"],
  listOperations: ["GET", "/api/v1/operations"],
  getOperation: ["GET", "/api/v1/operations/{id}"],
  streamOperation: ["GET", "/api/v1/operations/{id}/stream"],
  cancelOperation: ["POST", "/api/v1/operations/{id}/cancel"],
  recoverReceiver: ["POST", "/api/v1/receivers/{id}/recover"],
  resendDeliveries: ["POST", "/api/v1/deliveries/resend"],
  listActions: ["GET", "/api/v1/actions"],
  runAction: ["POST", "/api/v1/actions/{name}"],
  listSchedules: ["GET", "/api/v1/schedules"],
  getSchedule: ["GET", "/api/v1/schedules/{name}"],
  runSchedule: ["POST", "/api/v1/schedules/{name}/run"],
  getAccountOptions: ["GET", "/api/v1/accounts/options"],
  listAccounts: ["GET", "/api/v1/accounts"],
  createAccount: ["POST", "/api/v1/accounts"],
  getAccount: ["GET", "/api/v1/accounts/{id}"],
  changeAccount: ["PATCH", "/api/v1/accounts/{id}"],
  deleteAccount: ["DELETE", "/api/v1/accounts/{id}"],
  enableAccount: ["POST", "/api/v1/accounts/{id}/enable"],
  disableAccount: ["POST", "/api/v1/accounts/{id}/disable"],
  listAccountTokens: ["GET", "/api/v1/accounts/{id}/tokens"],
  createAccountToken: ["POST", "/api/v1/accounts/{id}/tokens"],
  revokeAccountToken: ["DELETE", "/api/v1/accounts/{id}/tokens/{tokenId}"],
  setAccountTotp: ["POST", "/api/v1/accounts/{id}/totp"],
  removeAccountTotp: ["DELETE", "/api/v1/accounts/{id}/totp"],
  listImpersonationPolicies: ["GET", "/api/v1/accounts/{id}/impersonation-policies"],
  createImpersonationPolicy: ["POST", "/api/v1/accounts/{id}/impersonation-policies"],
  removeImpersonationPolicy: ["DELETE", "/api/v1/accounts/{id}/impersonation-policies/{policyId}"],
  listOrganisations: ["GET", "/api/v1/organisations"],
  createOrganisation: ["POST", "/api/v1/organisations"],
  getOrganisation: ["GET", "/api/v1/organisations/{code}"],
  changeOrganisation: ["PATCH", "/api/v1/organisations/{code}"],
  setOrganisationPassword: ["POST", "/api/v1/organisations/{code}/password"],
  getToken: ["POST", "/oauth/token"],
  revokeToken: ["POST", "/oauth/revoke"],
  introspectToken: ["POST", "/oauth/introspect"],
  getSigningKeys: ["GET", "/oauth/jwks"],
  getAuthorizationServer: ["GET", "/.well-known/oauth-authorization-server"],
  verifyAuditLog: ["POST", "/api/v1/audit/verify"],
  listAuditEvents: ["GET", "/api/v1/audit"],
  listUsers: ["GET", "/api/v1/users"],
  createUser: ["POST", "/api/v1/users"],
  getUser: ["GET", "/api/v1/users/{id}"],
  changeUser: ["PATCH", "/api/v1/users/{id}"],
  deleteUser: ["DELETE", "/api/v1/users/{id}"],
  enableUser: ["POST", "/api/v1/users/{id}/enable"],
  disableUser: ["POST", "/api/v1/users/{id}/disable"],
  setUserPassword: ["POST", "/api/v1/users/{id}/password"],
  resetUserTotp: ["POST", "/api/v1/users/{id}/totp"],
  removeUserTotp: ["DELETE", "/api/v1/users/{id}/totp"],
  getSetup: ["GET", "/api/v1/setup"],
  setUp: ["POST", "/api/v1/setup"],
  listRoles: ["GET", "/api/v1/roles"],
  getSession: ["GET", "/api/v1/session"],
  createSession: ["POST", "/api/v1/session"],
  changeSession: ["PATCH", "/api/v1/session"],
  deleteSession: ["DELETE", "/api/v1/session"],
  setSessionPassword: ["PUT", "/api/v1/session/password"],
  enrolSessionTotp: ["POST", "/api/v1/session/totp"],
  removeSessionTotp: ["DELETE", "/api/v1/session/totp"],
  confirmSessionTotp: ["POST", "/api/v1/session/totp/confirm"],
  createPortalSession: ["POST", "/api/v1/session/portal"],
  listPortalLinks: ["GET", "/api/v1/accounts/{id}/portal-links"],
  createPortalLink: ["POST", "/api/v1/accounts/{id}/portal-links"],
  revokePortalLink: ["DELETE", "/api/v1/accounts/{id}/portal-links/{link}"],
  listMails: ["GET", "/api/v1/mails"],
  listWebMessages: ["GET", "/api/v1/webmessages"],
  getWebMessageHead: ["GET", "/api/v1/webmessages/{id}"],
  createWebMessage: ["POST", "/webmessages"],
  getWebMessageById: ["GET", "/webmessages/{id}"],
  deleteWebMessageById: ["DELETE", "/webmessages/{id}"],
  getWebMessagesByPartyId: ["GET", "/webmessages/recipients/{partyId}"],
  getWebMessagesByExternalReference: ["GET", "/webmessages/external-references/{key}/{value}"],
  getWebMessageAttachment: ["GET", "/webmessages/{id}/attachments/{number}"],
  exportParty: ["POST", "/api/v1/webmessages/parties/{partyId}/export"],
  eraseParty: ["POST", "/api/v1/webmessages/parties/{partyId}/erase"],
  getPartyExport: ["GET", "/api/v1/webmessages/exports/{id}"],
  getPublicOpenApi: ["GET", "/api/public/openapi.yml"],
  getImportErrors: ["GET", "/api/v1/operations/{id}/errors"],
  getOperationFile: ["GET", "/api/v1/operations/{id}/file"],
} as const satisfies Record<keyof Operations, readonly [method: string, path: string]>;
