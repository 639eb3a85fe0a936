package normuon.job.comm;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * Arrays in host memory that say they are on a GPU, so that what passes through host memory does so
 * where there is no GPU.
 */
public final class DeviceArrays {

  private DeviceArrays() {}

  /** The arrays themselves, but for their device. */
  public static NDList of(NDArray... arrays) {
    NDList list = new NDList();
    for (NDArray array : arrays) {
      list.add(onDevice(array));
    }
    return list;
  }

  private static NDArray onDevice(NDArray array) {
    return (NDArray)
        Proxy.newProxyInstance(
            NDArray.class.getClassLoader(),
            new Class<?>[] {NDArray.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getDevice")) {
                return Device.gpu(0);
              }
              try {
                return method.invoke(array, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
