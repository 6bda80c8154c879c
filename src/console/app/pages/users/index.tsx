/** People who log in: who they are, what they may do, and their ways in. */
import { Route, Switch } from "wouter";

import { NewUser } from "./NewUser.tsx";
import { UserList } from "./UserList.tsx";
import { UserPage } from "./UserPage.tsx";

export default function UsersPage() {
  return (
    <Switch>
      <Route path="/users/new" component={NewUser} />
      <Route path="/users/:id">{({ id }) => <UserPage key={id} id={id} />}</Route>
      <Route component={UserList} />
    </Switch>
  );
}
