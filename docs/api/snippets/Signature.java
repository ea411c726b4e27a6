import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.time.Instant;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Signature {
    static String sign(String secret, String timestamp, String method, String path, byte[] body)
            throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256"));
        mac.update(String.join(".", timestamp, method, path, "").getBytes(UTF_8));
        return String.format("%064x", new BigInteger(1, mac.doFinal(body)));
    }

    public static void main(String[] args) throws GeneralSecurityException {
        var env = System.getenv();
        String now = String.valueOf(Instant.now().getEpochSecond());
        String timestamp = env.getOrDefault("BONEX_TIMESTAMP", now);
        byte[] body = env.getOrDefault("BODY", "").getBytes(UTF_8);
        System.out.println(
                sign(env.get("BONEX_SECRET"), timestamp, env.get("METHOD"), env.get("REQUEST_PATH"), body));
    }
}
