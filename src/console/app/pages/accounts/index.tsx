/** API accounts: the machines that may call the API, and what each may do. */
import { Route, Switch } from "wouter";

import { useSession } from "../../session.tsx";
import { CreateAccount } from "./Create.tsx";
import { AccountPage } from "./Detail.tsx";
import { EditAccount } from "./Edit.tsx";
import { AccountList } from "./List.tsx";

export default function AccountsPage() {
  const { can } = useSession();
  return (
    <Switch>
      {can("accounts", "manage") && <Route path="/accounts/new" component={CreateAccount} />}
      {can("accounts", "manage") && (
        <Route path="/accounts/:id/edit">{({ id }) => <EditAccount key={id} id={id} />}</Route>
      )}
      <Route path="/accounts/:id">{({ id }) => <AccountPage key={id} id={id} />}</Route>
      <Route>
        <AccountList />
      </Route>
    </Switch>
  );
}
