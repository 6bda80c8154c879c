/** The YAML file of the demo. It is also an example to read: `koppla demo --keep` leaves it in place. */

/**
 * @param listen  where the server listens, such as `127.0.0.1:8080`; a port of 0 is not known early enough for links
 */
export function demoYaml(listen: string): string {
  return `# The configuration that \`koppla demo\` made. docs/koppla.yaml explains every key there is.
server:
  listen: ${listen}
  public_url: http://${listen}

database:
  url: sqlite:./data/koppla.db

secrets:
  key_file: ./data/koppla.key

log:
  level: warn

# The kinds of data that partners read, write and hear of.
types:
  countries:
    object: country
    key: string # ISO 3166-1 alpha-2
    schema:
      type: object
      required: [name]
      properties:
        name: { type: string, minLength: 1 }

  universities:
    object: university
    key: integer
    filters: [country]
    schema:
      type: object
      required: [name, country]
      properties:
        name: { type: string, minLength: 1 }
        country: { type: string, description: The id of a country }
        domains: { type: array, items: { type: string }, description: Mail domains }
        web_page: { type: string, pattern: "^https?://" }

webhooks:
  # Short, so that changes can be watched as they arrive. The defaults are 5s and 60s.
  bundle: { quiet: 1s, longest: 5s, size: 500 }
  # The demo's own receiver listens on this machine, which needs leave.
  allow_targets: [127.0.0.1]
`;
}
