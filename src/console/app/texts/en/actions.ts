/** The words of the page. */
export default {
  lead: "What this server offers to be run. Try it out first: nothing is done then.",
  empty: {
    title: "No actions that you may run",
    text: "A sysadmin declares actions in koppla.yaml; your role says which of them are yours.",
  },
  run: {
    http: "HTTP request",
    command: "Command",
  },
  noDescription: "No description",
  disabled: "It is a command, and this server runs none (actions_allow_commands).",
  timeout: "A run may take {{time}}.",
  dry: {
    validate: "Trying it out checks the input.",
    pass: "Trying it out asks the other system to try it out, too.",
  },
  noInput: "It takes no input.",
  try: "Try it out",
  start: "Run it",
  tried: "It would be done",
  triedText: "Everything was checked, and nothing was done. This would be the operation:",
} as const;
