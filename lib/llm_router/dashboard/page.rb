# frozen_string_literal: true

class LlmRouter
  class Dashboard
    # What the pages share. A page is what its view calls: see views/.
    # @api private
    class Page
      include Template
      include Html
      include Chart

      HTML = { "content-type" => "text/html; charset=utf-8" }.freeze
      # Path and name of what the navigation leads to.
      PLACES = { "/" => "Overview", "/chains" => "Chains", "/budgets" => "Budgets", "/incidents" => "Incidents",
                 "/report" => "Report" }.freeze
      private_constant :HTML

      # @return [ActionDispatch::Request]
      attr_reader :request
      # @return [String] who looks at it
      attr_reader :who

      # @param request [ActionDispatch::Request]
      # @param who [String]
      # @param path [Hash{String => String}] parts of the path
      def initialize(request, who, path = {})
        @request = request
        @who = who
        @path = path
        @params = Params.new(request)
      end

      # @return [Array] status, body, headers
      def answer
        @content = public_send("#{view}_view").html_safe
        [status, layout_view, HTML]
      end

      # @return [Integer] of HTTP
      def status = 200

      # @return [Boolean] whether calls are recorded, and switches obeyed
      def recorded?
        Configuration.current.record_calls
      end

      # @return [String]
      def token = @token ||= Token.new(request, who).to_s

      # @return [String] which view, and the page's class in the stylesheet
      def view
        self.class.name.demodulize.underscore
      end

      # @return [String] whose rows are shown
      def environment
        Environment.name
      end

      # @return [Boolean] whether the navigation's place is this page, or above it
      def here?(place)
        path = request.path_info.delete_suffix("/")
        place == "/" ? path.empty? : path.start_with?(place)
      end
    end

    # Says what is wrong with a request.
    # @api private
    class ProblemPage < Page
      # @return [Problem]
      attr_reader :problem

      def initialize(request, who, problem)
        super(request, who)
        @problem = problem
      end

      def title = "This did not work"
      def view = "problem"
      def status = problem.status
    end

    # For those who may not see the page: it shows nothing of it.
    # @api private
    class Refusal
      # @param problem [Problem]
      def initialize(problem)
        @problem = problem
      end

      def answer
        body = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light " \
               "dark\"><title>Closed</title><h1>Closed</h1><p>#{ERB::Util.html_escape(@problem.message)}</p></html>\n"
        [@problem.status, body, { "content-type" => "text/html; charset=utf-8" }]
      end
    end
  end
end
