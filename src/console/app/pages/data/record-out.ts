/** A record as the API has it. Apart from what reads it, so that tests without a browser can have it. */
export interface RecordOut {
  id: string | number;
  _meta: {
    version: number;
    created_at: string;
    modified_at: string;
    modified_by?: string;
    actor?: string;
  };
  [field: string]: unknown;
}
