import { type Door, findAmong } from '../../functions/connections/door.ts';
import { socketCapabilities, socketDoor } from '../../functions/connections/operations.ts';
import { storeCapabilities, storeDoor } from '../../functions/store-frames/door.ts';

/** All functions that receive frames, in one: tests send frames without the gateway, which would choose among them. */
export const anyDoor: Door = {
  ...socketDoor,
  ...storeDoor,
  find: findAmong([...socketCapabilities, ...storeCapabilities]),
};
