/** Where webhooks go: the receivers, a wizard for a new one, and each with its health. */
import { Route, Switch } from "wouter";

import { useSession } from "../../session.tsx";
import { CreateReceiver } from "./Create.tsx";
import { ReceiverPage } from "./Detail.tsx";
import { EditReceiver } from "./Edit.tsx";
import { ReceiverList } from "./List.tsx";

export default function ReceiversPage() {
  const { can } = useSession();
  return (
    <Switch>
      {can("receivers", "manage") && <Route path="/receivers/new" component={CreateReceiver} />}
      {can("receivers", "manage") && (
        <Route path="/receivers/:id/edit">{({ id }) => <EditReceiver key={id} id={id} />}</Route>
      )}
      <Route path="/receivers/:id">{({ id }) => <ReceiverPage key={id} id={id} />}</Route>
      <Route>
        <ReceiverList />
      </Route>
    </Switch>
  );
}
