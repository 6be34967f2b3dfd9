# frozen_string_literal: true

class LlmRouter
  module Doctor
    # Whether there are certificate authorities to trust.
    # @api private
    class Certificates < Check
      ADVICE = "Install the package ca-certificates, or set config.ca_file"
      private_constant :ADVICE

      private

      def examine
        return green("config.ca_file is in force: #{config.ca_file}") if config.ca_file

        count = Native::Trust.system_authorities
        return red("no certificate authority is known, so that https:// fails", ADVICE) if count.zero?

        missing = %w[SSL_CERT_FILE SSL_CERT_DIR].select { |name| ENV.fetch(name, nil) && !File.exist?(ENV.fetch(name)) }
        return yellow("#{missing.join(' and ')} leads nowhere", "Correct it, or remove it") if missing.any?

        green("#{count} certificate authorities are trusted")
      end
    end
  end
end
