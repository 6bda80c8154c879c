/** The words of the page. */
export default {
  lead: "What takes longer than a request: imports, exports, resends, actions. It goes on after a restart.",
  one: "Operation",
  columns: {
    submitted: "Begun",
    kind: "Kind",
    status: "State",
    progress: "Progress",
    by: "By whom",
    message: "Message",
  },
  any: "Any",
  clear: "Clear the filters",
  noneFound: "No operation fits the filters",
  empty: {
    title: "No operations yet",
    text: "Push a file on a data page, run an action or send deliveries again, and follow it here.",
  },
  about: "About",
  updated: "Last heard of",
  completed: "Ended",
  id: "Id",
  result: "Result",
  download: "Download {{name}}",
} as const;
