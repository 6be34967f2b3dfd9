# frozen_string_literal: true

require "active_support"
require "active_support/key_generator"
require "active_support/message_encryptor"
require "active_support/time"
require "json"
require "openssl"

class LlmRouter
  class RememberedAnswers
    # Encrypts answers, and digests what they belong to, with keys derived from the app's +secret_key_base+. With
    # another secret, no answer is found, and none can be read.
    # @api private
    class Seal
      SALT = "llm_router answers"
      CIPHER = "aes-256-gcm"
      private_constant :SALT, :CIPHER

      # For the encryptor: what it gets is text already.
      module Plain
        module_function

        def dump(text) = text
        def load(text, *) = text
      end

      # @raise [ConfigurationError]
      def initialize
        keys = generator
        @digest_key = keys.generate_key("#{SALT}: digests", 32)
        key = keys.generate_key(SALT, ActiveSupport::MessageEncryptor.key_len(CIPHER))
        @encryptor = ActiveSupport::MessageEncryptor.new(key, cipher: CIPHER, serializer: Plain)
      end

      # @param parts [Array<Object>] made of JSON's types
      # @return [String, nil] nil for what is no JSON. Without the secret, nobody can find out a prompt by trying
      def digest(*parts)
        OpenSSL::HMAC.hexdigest("SHA256", @digest_key, JSON.generate(parts, max_nesting: 0))
      rescue JSON::JSONError, EncodingError
        nil
      end

      # @param response [Response]
      # @param key [String] what it belongs to
      # @param seconds [Float] for which it can be read
      # @return [String]
      def close(response, key, seconds)
        @encryptor.encrypt_and_sign(Marshal.dump(response), purpose: key, expires_in: seconds)
      end

      # @param text [String, nil]
      # @param key [String]
      # @return [Response, nil] nil if its time is up, it belongs to another key, or its secret is not the app's
      def open(text, key)
        plain = text && @encryptor.decrypt_and_verify(text, purpose: key)
        # Only this app can have encrypted it.
        plain && Marshal.load(plain) # rubocop:disable Security/MarshalLoad
      rescue ActiveSupport::MessageEncryptor::InvalidMessage, ActiveSupport::MessageVerifier::InvalidSignature
        nil
      end

      # @return [String] without the keys
      def inspect = "#<#{self.class}>"

      private

      def generator
        app = ::Rails.application if Object.const_defined?(:Rails) && ::Rails.respond_to?(:application)
        return app.key_generator if app

        raise ConfigurationError, "remember_answers encrypts answers with the secret_key_base of a Rails app, and " \
                                  "there is none here: leave it nil"
      end
    end
  end
end
