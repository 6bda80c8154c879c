/** Web messages: the list, and one of them. */
import { Route, Switch } from "wouter";

import { MessageList } from "./MessageList.tsx";
import { MessagePage } from "./MessagePage.tsx";

export default function MessagesPage() {
  return (
    <Switch>
      <Route path="/messages/:id">{({ id }) => <MessagePage key={id} id={id} />}</Route>
      <Route component={MessageList} />
    </Switch>
  );
}
