import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { Failure, Loading } from "./states.tsx";

/** What a query came to, once it has: loading and errors look the same everywhere. What was there stays during a retry. */
export function Queried<Data>({
  query,
  rows,
  children,
}: {
  query: UseQueryResult<Data>;
  /** Of the skeleton. */
  rows?: number;
  children: (data: Data) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <Loading {...(rows !== undefined && { rows })} />;
}
