# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # Answers the requests below where {Dashboard} is mounted.
    # @api private
    class App
      HEADERS = {
        "cache-control" => "no-store",
        "content-security-policy" => "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; " \
                                     "base-uri 'none'; frame-ancestors 'none'",
        "referrer-policy" => "same-origin",
        "x-content-type-options" => "nosniff",
        "x-frame-options" => "DENY",
        "x-robots-tag" => "noindex"
      }.freeze
      FILES = { "/style.css" => "text/css", "/icon.svg" => "image/svg+xml" }.freeze
      PAGES = [[%r{\A/\z}, Overview], [%r{\A/chains\z}, Chains], [%r{\A/incidents\z}, Incidents],
               [%r{\A/incidents/(?<id>\d{1,18})\z}, Incident], [%r{\A/budgets\z}, Budgets],
               [%r{\A/budgets/(?<model>[\w:]+)/(?<id>[\w-]{1,64})(?<csv>\.csv)?\z}, Charges],
               [%r{\A/report\z}, ReportPage], [%r{\A/switches\z}, SwitchForm]].freeze
      private_constant :HEADERS, :FILES, :PAGES

      # @param env [Hash] of Rack
      # @return [Array] of Rack
      def self.call(env)
        new(ActionDispatch::Request.new(env)).call
      end

      # @param request [ActionDispatch::Request]
      def initialize(request)
        @request = request
        path = request.path_info.dup.force_encoding(Encoding::UTF_8)
        @path = path.valid_encoding? ? "/#{path.delete_prefix('/').delete_suffix('/')}" : "/?"
      end

      # @return [Array] of Rack
      def call
        respond(*answer)
      rescue Problem => e
        problem(e)
      rescue ActiveRecord::ActiveRecordError, ActiveModel::MissingAttributeError, Budget::TablesMissing => e
        problem(Problem.of_database(e))
      rescue NoMethodError => e
        # A table of an older migration has fewer columns.
        e.receiver.is_a?(ActiveRecord::Base) ? problem(Problem.of_database(e)) : raise
      end

      private

      # @return [Array] status, body, headers
      def answer
        @who = Access.new(@request).by
        path, page = PAGES.find { |known, _| @path.match?(known) }
        raise Problem.new(404, "There is nothing here.") unless page || FILES.key?(@path)

        check_method(page == SwitchForm ? %w[POST] : %w[GET HEAD])
        page ? page.new(@request, @who, @path.match(path).named_captures).answer : file
      end

      def check_method(allowed)
        return if allowed.include?(@request.request_method)

        raise Problem.new(405, "This page takes only #{allowed.join(' and ')}.", "allow" => allowed.join(", "))
      end

      def file
        [200, File.read(File.join(__dir__, "views", @path), encoding: "UTF-8"), { "content-type" => FILES[@path] }]
      end

      # Whoever may not see the page does not get its navigation either.
      def problem(error)
        status, body, headers = (@who ? ProblemPage.new(@request, @who, error) : Refusal.new(error)).answer
        respond(status, body, headers.merge(error.headers))
      end

      def respond(status, body, headers)
        # Header names in the case that this Rack wants.
        response = Rack::Response.new([body], status, {})
        HEADERS.merge(headers).each { |name, value| response[name] = value }
        response.finish
      end
    end
  end
end
