# frozen_string_literal: true

class LlmRouter
  # Checks headers that an app adds to requests. Their values are secrets: gateways take keys in headers of many names.
  # @api private
  module Headers
    NAME = /\A[!#$%&'*+\-.^_`|~0-9A-Za-z]+\z/
    # What HTTP carries, and no proxy changes.
    VALUE = /\A[\x20-\x7e\t]*\z/
    MAX = 50
    # Bytes. Servers refuse more.
    MAX_VALUE = 8_000

    OWN = "the router sets it itself"
    RESERVED = %w[host content-length content-type content-encoding transfer-encoding connection keep-alive te trailer
                  upgrade expect accept accept-encoding proxy-authorization proxy-connection http2-settings]
               .to_h { |name| [name, OWN] }
               .merge("authorization" => "pass the key as api_key:, and the name of another header for it as auth:")
               .freeze
    # A second candidate, or a second call, would get the first one's answer or failure.
    IDEMPOTENCY = /idempoten/
    NONE = {}.freeze
    private_constant :NAME, :VALUE, :MAX, :MAX_VALUE, :OWN, :RESERVED, :IDEMPOTENCY

    module_function

    # @param place [String] how errors name them
    # @param given [Hash{String, Symbol => String, Symbol, Numeric, nil}, nil] nil leaves a header out
    # @param taken [Array<String>] names that carry the key of an endpoint
    # @return [Hash{String => Secret, nil}] by lower-case name, frozen
    # @raise [StandardError] the given error, without a value
    def check(place, given, error = ConfigurationError, taken: [])
      return NONE if given.nil?

      unless given.is_a?(Hash) && given.size <= MAX
        what = given.is_a?(Hash) ? "#{given.size} headers" : "a #{given.class}"
        raise error, "#{place} is #{what}: give a Hash of #{MAX} at most, such as { \"X-Team\" => \"search\" }"
      end

      given.to_h { |name, value| [named(place, name, error, taken), secret("#{place}: #{name}", value, error)] }.freeze
    end

    # @param value [String, Symbol, nil] +:bearer+, or the header that takes the key as it is
    # @return [String, nil] nil for a bearer token
    # @raise [ConfigurationError]
    def auth(place, value)
      return if value.nil? || value.to_s == "bearer"

      name = spelt(value)
      return name if name.match?(NAME) && (name == "authorization" || refusal(name, []).nil?)

      raise ConfigurationError, "#{place} is #{shown(value)}: give :bearer, or the name of the header that takes " \
                                "the key, such as \"api-key\""
    end

    # @param headers [Hash{String => Secret, nil}]
    # @return [Array<Array(String, String)>] for Rust
    def pairs(headers)
      headers.compact.map { |name, value| [name, value.reveal] }
    end

    def named(place, name, error, taken)
      spelt = spelt(name)
      unless spelt.match?(NAME)
        raise error, "#{place} has a header called #{shown(name)}: give a name of letters, digits " \
                     "and dashes, such as \"X-Team\""
      end

      refusal = refusal(spelt, taken)
      raise error, "#{place} has the header #{name}: #{refusal}" if refusal

      spelt
    end

    # Without what may be the value, as in "X-Key: 123".
    def shown(name)
      name.to_s.scrub[/\A[^:=]*/][0, 100].dump
    end

    # A Symbol has underscores where a header has dashes.
    def spelt(name)
      return "" unless name.is_a?(String) || name.is_a?(Symbol)

      (name.is_a?(Symbol) ? name.name.tr("_", "-") : name).scrub.downcase
    end

    # @return [String, nil] why it cannot be given
    def refusal(name, taken)
      return "it carries the key of an endpoint: pass that as api_key:" if taken.include?(name)
      return "every candidate would get the answer of the first: leave it out" if name.match?(IDEMPOTENCY)

      RESERVED[name]
    end

    # The value stays out of the message.
    def secret(place, value, error)
      return value if value.nil? || value.is_a?(Secret)

      fault = fault(value, value.to_s)
      fault ? raise(error, "#{place} #{fault}") : Secret.new(value.to_s.dup.freeze)
    end

    def fault(value, text)
      if [String, Symbol, Numeric].none? { |kind| value.is_a?(kind) }
        "is a #{value.class}: give a String"
      elsif text.bytesize > MAX_VALUE
        "has #{text.bytesize} bytes: give #{MAX_VALUE} at most"
      elsif !text.b.match?(VALUE)
        "holds a line break, or another character that no header can carry: was it read from a file with its newline?"
      end
    end

    private_class_method :named, :shown, :spelt, :refusal, :secret, :fault
  end
end
